resource "aws_apigatewayv2_api" "this" {
  protocol_type              = "WEBSOCKET"
  route_selection_expression = var.expression
}
