resource "aws_apigatewayv2_api" "this" {
  name = "x
}
