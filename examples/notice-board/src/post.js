const AWS = require("aws-sdk");

const table = new AWS.DynamoDB.DocumentClient();
const TableName = process.env.TABLE_NAME;

exports.handler = async (event) => {
  const { domainName, stage } = event.requestContext;
  // Without a scheme: this version of the SDK adds https by itself.
  const connections = new AWS.ApiGatewayManagementApi({ endpoint: `${domainName}/${stage}` });
  const { data } = JSON.parse(event.body);

  const { Items } = await table.scan({ TableName, ProjectionExpression: "connectionId" }).promise();
  await Promise.all(
    Items.map(async ({ connectionId }) => {
      try {
        await connections.postToConnection({ ConnectionId: connectionId, Data: data }).promise();
      } catch (error) {
        if (error.statusCode !== 410) throw error;
        await table.delete({ TableName, Key: { connectionId } }).promise();
      }
    }),
  );
  return { statusCode: 200, body: "Data sent." };
};
