"""Values that several services ask for."""

import json
from itertools import count
from string import ascii_letters, ascii_lowercase, digits
from typing import Final

from hypothesis import strategies as st

from routekey.testing.apis import ACCOUNT_ID, REGION

_NUMBERS: Final = count()

WORDS: Final = st.text(ascii_lowercase, min_size=1, max_size=12)
NAMES: Final = WORDS.map(lambda word: f"{word}{next(_NUMBERS)}")
"""No two of them are the same."""
IDENTIFIERS: Final = st.from_regex("[a-z][A-Za-z0-9_]{0,12}", fullmatch=True)
ROLES: Final = NAMES.map(f"arn:aws:iam::{ACCOUNT_ID}:role/{{}}".format)
TAGS: Final = st.dictionaries(
    st.text(ascii_letters + digits + " _.:/=+-@\u00e4", min_size=1, max_size=12).filter(
        lambda key: not key.lower().startswith("aws:")
    ),
    WORDS,
    min_size=1,
    max_size=3,
)
FUNCTION_URI: Final = (
    f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
    f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:echo/invocations"
)
DOCUMENTS: Final = WORDS.map(
    lambda word: json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{word}"}
            ],
        }
    )
)
"""Policies of identities."""
TRUSTS: Final = WORDS.map(
    lambda word: json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": word,
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
                }
            ],
        }
    )
)
"""Policies of roles, which everybody may take."""
