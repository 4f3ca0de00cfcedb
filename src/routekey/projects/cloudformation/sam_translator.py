"""AWS's own SAM translator, called without the network; its errors become ours.

Source: CP-SAM-01, CP-SAM-05.
"""

import logging
from types import SimpleNamespace

from samtranslator.metrics.metrics import Metrics
from samtranslator.model.exceptions import ExceptionWithMessage, InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from routekey.errors import ProjectError
from routekey.projects.document import Document, Value

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of its own switches

_CAUSES_MAX = 3  # more errors than that at once help nobody


def run_translator(
    template: dict[str, Value], parameters: dict[str, Value], document: Document, *, region: str
) -> Value:
    """Translate a template.

    Args:
        template: what to translate; it may be changed.
        parameters: the values that are known, pseudo parameters included.
        document: where the template was read, for messages.
        region: where it is deployed to.

    Raises:
        ProjectError: the translator does not take the template.
    """
    session = SimpleNamespace(region_name=region)  # all that it is asked for
    metrics = Metrics()
    translator = Translator(None, Parser(), boto_session=session, metrics=metrics)
    try:
        translated: Value = translator.translate(
            template, parameter_values=parameters, passthrough_metadata=True
        )
    except InvalidDocumentException as error:
        raise _translate_error(document, error) from error
    except RecursionError:
        raise
    except Exception as error:
        # The translator answers malformed templates with whatever Python raised.
        raise document.place("Transform").error(
            f"the SAM translator does not take this template: {type(error).__name__}: {error}"
        ) from error
    finally:
        metrics.publish()  # to nobody; the translator warns about what was never published
    return translated


def _translate_error(document: Document, error: InvalidDocumentException) -> ProjectError:
    causes: list[ExceptionWithMessage] = list(error.causes)
    logical_id = next(
        (found for cause in causes if isinstance(found := _logical_id(cause), str)), None
    )
    place = document.place("Transform")
    if logical_id is not None:
        place = document.place("Resources", logical_id, resource=logical_id)
    text = " ".join(cause.message for cause in causes[:_CAUSES_MAX]).rstrip(".")
    return place.error(f"the SAM translator says: {text}")


def _logical_id(cause: ExceptionWithMessage) -> object:
    return getattr(cause, "_logical_id", None)  # the translator offers it in its message only
