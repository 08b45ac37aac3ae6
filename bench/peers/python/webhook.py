"""Accepts Stripe's signed webhooks and publishes them to SNS.

As AWS's documentation has it: the client is made once, outside of the handler.
"""

import base64
import hashlib
import hmac
import json
import os
import time

import boto3

SECRET = os.environ["STRIPE_ENDPOINT_SECRET"].encode()
TOLERANCE = int(os.environ["STRIPE_TOLERANCE_SECONDS"])
TOPIC = os.environ["TOPIC_ARN"]

sns = boto3.client("sns")


def handler(event, context):
    body = (event["body"] or "").encode()
    if event["isBase64Encoded"]:
        body = base64.b64decode(body)
    if not verified(event["headers"].get("Stripe-Signature", ""), body):
        return answer(401, {"error": "the signature is not valid"})

    payload = json.loads(body)
    sns.publish(
        TopicArn=TOPIC,
        Message=body.decode(),
        MessageAttributes={
            "event_type": {"DataType": "String", "StringValue": payload["type"]}
        },
    )
    return answer(200, {"received": True, "id": payload["id"]})


def verified(header, body):
    parts = [part.split("=", 1) for part in header.split(",") if "=" in part]
    timestamp = next((value for name, value in parts if name == "t"), "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    signed = timestamp.encode() + b"." + body
    expected = hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
    return any(
        hmac.compare_digest(value, expected) for name, value in parts if name == "v1"
    )


def answer(status, body):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body),
    }
