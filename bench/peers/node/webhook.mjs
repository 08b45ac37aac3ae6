// Accepts Stripe's signed webhooks and publishes them to SNS. As the
// documentation of both has it: the clients are made once, outside of the handler.

import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import Stripe from "stripe";

const secret = process.env.STRIPE_ENDPOINT_SECRET;
const tolerance = Number(process.env.STRIPE_TOLERANCE_SECONDS);
const topic = process.env.TOPIC_ARN;

// The key is for calls to Stripe, and there are none.
const stripe = new Stripe("sk_test_none");
const sns = new SNSClient({});

export async function handler(event) {
  const body = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body;
  let payload;
  try {
    payload = stripe.webhooks.constructEvent(body, event.headers["Stripe-Signature"], secret, tolerance);
  } catch {
    return answer(401, { error: "the signature is not valid" });
  }

  await sns.send(
    new PublishCommand({
      TopicArn: topic,
      Message: body,
      MessageAttributes: { event_type: { DataType: "String", StringValue: payload.type } },
    }),
  );
  return answer(200, { received: true, id: payload.id });
}

function answer(statusCode, body) {
  return { statusCode, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}
