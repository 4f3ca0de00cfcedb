const {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} = require("@aws-sdk/client-apigatewaymanagementapi");

const verdict = (effect, resource) => ({
  principalId: "visitor",
  policyDocument: {
    Version: "2012-10-17",
    Statement: [{ Action: "execute-api:Invoke", Effect: effect, Resource: resource }],
  },
});

module.exports.guard = async (event) => {
  const isRight = event.headers.Auth === process.env.SECRET;
  return verdict(isRight ? "Allow" : "Deny", event.methodArn);
};

module.exports.connection = async () => ({ statusCode: 200 });

module.exports.echo = async (event) => {
  const { domainName, stage, connectionId } = event.requestContext;
  const connections = new ApiGatewayManagementApiClient({
    endpoint: `https://${domainName}/${stage}`,
  });
  await connections.send(
    new PostToConnectionCommand({ ConnectionId: connectionId, Data: event.body }),
  );
  return { statusCode: 200 };
};
