"""Answer through `@connections`, and help those who measure: with credentials, with a client alone."""

import json
import os

import boto3

clients = {}


def handler(event, context):
    where = event["requestContext"]
    body = event["body"]
    if json.loads(body).get("credentials"):
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION")
        return {"statusCode": 200, "body": json.dumps([os.environ[name] for name in names])}
    url = f"https://{where['domainName']}/{where['stage']}"
    if url not in clients:
        clients[url] = boto3.client("apigatewaymanagementapi", endpoint_url=url)
    if json.loads(body).get("client"):
        return {"statusCode": 200, "body": "made"}
    clients[url].post_to_connection(ConnectionId=where["connectionId"], Data=body.encode())
    return {"statusCode": 200}
