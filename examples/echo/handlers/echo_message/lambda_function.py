"""Says back what the client said, through @connections."""

import json

import boto3

# The client is made once, when the function starts; the literal address is this API's on AWS.
connections = boto3.client(
    "apigatewaymanagementapi",
    endpoint_url="https://6behyoa40f.execute-api.eu-west-2.amazonaws.com/dev/",
)


def lambda_handler(event, context):
    said = json.loads(event["body"])["message"]
    print("heard", said)
    connections.post_to_connection(
        ConnectionId=event["requestContext"]["connectionId"],
        Data=json.dumps(f"Your message was: {said}").encode(),
    )
    return {"statusCode": 200}
