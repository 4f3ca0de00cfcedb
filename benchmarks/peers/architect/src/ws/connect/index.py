"""Nothing to do."""


def handler(event, context):
    return {"statusCode": 200}
