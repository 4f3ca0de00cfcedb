import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

const connections = new ApiGatewayManagementApiClient({ endpoint: process.env.ENDPOINT });

const answer = (connectionId, data) =>
  connections.send(
    new PostToConnectionCommand({ ConnectionId: connectionId, Data: JSON.stringify(data) }),
  );

export const handler = async ({ requestContext, body }) => {
  const { routeKey, connectionId } = requestContext;
  if (routeKey === "roll") {
    const sides = Number(JSON.parse(body).sides ?? 6);
    const rolled = 1 + Math.floor(Math.random() * sides);
    await answer(connectionId, { sides, rolled });
  } else if (routeKey === "$default") {
    await answer(connectionId, { error: 'Send {"action": "roll", "sides": 6}' });
  }
  return { statusCode: 200 };
};
