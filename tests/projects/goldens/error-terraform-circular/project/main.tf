locals {
  a = local.b
  b = [local.a]
}
resource "aws_apigatewayv2_api" "this" {
  name = local.a
}
