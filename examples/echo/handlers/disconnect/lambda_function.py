"""Writes down who left. Nothing is returned: nobody is there to read it."""


def lambda_handler(event, context):
    print("disconnect", event)
    print(context)
