// Sends what SNS delivers to every WebSocket client, all of a page at once, as
// AWS's samples do.

import {
  ApiGatewayManagementApiClient,
  GoneException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { DeleteItemCommand, DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";

const table = process.env.TABLE_NAME;

const dynamodb = new DynamoDBClient({});
const clients = new ApiGatewayManagementApiClient({
  endpoint: process.env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI,
});

export async function handler(event) {
  for (const record of event.Records) {
    await broadcast(record.Sns.Message);
  }
}

async function broadcast(message) {
  const pages = paginateScan(
    { client: dynamodb },
    { TableName: table, ProjectionExpression: "connectionId", ConsistentRead: true },
  );
  for await (const page of pages) {
    await Promise.all(page.Items.map((row) => post(row.connectionId.S, message)));
  }
}

async function post(connection, message) {
  try {
    await clients.send(new PostToConnectionCommand({ ConnectionId: connection, Data: message }));
  } catch (error) {
    if (!(error instanceof GoneException)) throw error;
    const Key = { connectionId: { S: connection } };
    await dynamodb.send(new DeleteItemCommand({ TableName: table, Key }));
  }
}
