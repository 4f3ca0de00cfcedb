const AWS = require("aws-sdk");

const table = new AWS.DynamoDB.DocumentClient();
const AN_HOUR = 3600;

exports.handler = async (event) => {
  const item = {
    connectionId: event.requestContext.connectionId,
    ttl: Math.floor(Date.now() / 1000) + AN_HOUR,
  };
  await table.put({ TableName: process.env.TABLE_NAME, Item: item }).promise();
  return { statusCode: 200, body: "Connected." };
};
