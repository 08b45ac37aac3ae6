"""Sends what SNS delivers to every WebSocket client, one after the other, as
AWS's samples do."""

import os

import boto3

TABLE = os.environ["TABLE_NAME"]

dynamodb = boto3.client("dynamodb")
# The address is the environment variable AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI.
clients = boto3.client("apigatewaymanagementapi")


def handler(event, context):
    for record in event["Records"]:
        broadcast(record["Sns"]["Message"].encode())


def broadcast(message):
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=TABLE, ProjectionExpression="connectionId", ConsistentRead=True
    )
    for page in pages:
        for row in page["Items"]:
            connection = row["connectionId"]["S"]
            try:
                clients.post_to_connection(ConnectionId=connection, Data=message)
            except clients.exceptions.GoneException:
                dynamodb.delete_item(
                    TableName=TABLE, Key={"connectionId": {"S": connection}}
                )
