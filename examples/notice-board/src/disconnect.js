const AWS = require("aws-sdk");

const table = new AWS.DynamoDB.DocumentClient();

exports.handler = async (event) => {
  const key = { connectionId: event.requestContext.connectionId };
  await table.delete({ TableName: process.env.TABLE_NAME, Key: key }).promise();
  return { statusCode: 200, body: "Disconnected." };
};
