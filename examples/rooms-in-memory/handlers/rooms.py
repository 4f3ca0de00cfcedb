"""Rooms in memory: who is where, as long as this process is warm."""

import json

import boto3

rooms = {}
client = None


def handler(event, context):
    request = event["requestContext"]
    connection_id, route = request["connectionId"], request["routeKey"]
    if route == "$disconnect":
        leave(connection_id)
    elif route == "join":
        leave(connection_id)
        rooms.setdefault(json.loads(event["body"])["room"], set()).add(connection_id)
    elif route == "send":
        message = json.loads(event["body"])["message"]
        for members in rooms.values():
            if connection_id in members:
                tell(members - {connection_id}, message, request)
    return {"statusCode": 200}


def leave(connection_id):
    for members in rooms.values():
        members.discard(connection_id)


def tell(members, message, request):
    global client
    if client is None:
        client = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=f"https://{request['domainName']}/{request['stage']}",
        )
    for connection_id in members:
        try:
            client.post_to_connection(ConnectionId=connection_id, Data=message.encode())
        except client.exceptions.GoneException:
            leave(connection_id)
