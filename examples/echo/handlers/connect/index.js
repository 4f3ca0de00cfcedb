// Greets a new connection. The status code is text here, as many handlers have it: AWS takes it.
exports.handler = async (event, context) => {
  console.log("connect", event.requestContext.connectionId, context.awsRequestId);
  return {
    statusCode: "200",
    body: JSON.stringify({ msg: "Welcome" }),
  };
};
