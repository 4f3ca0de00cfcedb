terraform {
  backend "s3" {}
}

provider "aws" {
  region = "eu-west-1"
}

locals {
  routes = {
    "$connect" = "join"
    "say"      = "say"
  }
  prefix = "chat-${terraform.workspace}"
}

variable "stage" {
  default = "dev"
}

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

data "aws_iam_policy_document" "connections" {
  statement {
    actions   = ["execute-api:ManageConnections"]
    resources = ["arn:aws:execute-api:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.chat.id}/*"]
  }
}

resource "aws_iam_role" "worker" {
  name               = "${local.prefix}-worker"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = { Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" } })
}

resource "aws_iam_role_policy" "connections" {
  role   = aws_iam_role.worker.id
  policy = data.aws_iam_policy_document.connections.json
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

module "function" {
  for_each = toset(values(local.routes))
  source   = "./modules/function"
  name     = "${local.prefix}-${each.key}"
  role     = aws_iam_role.worker.arn
  endpoint = replace(aws_apigatewayv2_stage.this.invoke_url, "wss://", "https://")
}

resource "aws_apigatewayv2_api" "chat" {
  name                       = local.prefix
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "this" {
  for_each           = local.routes
  api_id             = aws_apigatewayv2_api.chat.id
  integration_type   = "AWS_PROXY"
  integration_uri    = module.function[each.value].invoke_arn
  integration_method = "POST"
}

resource "aws_apigatewayv2_route" "this" {
  for_each  = local.routes
  api_id    = aws_apigatewayv2_api.chat.id
  route_key = each.key
  target    = "integrations/${aws_apigatewayv2_integration.this[each.key].id}"
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.chat.id
  name        = var.stage
  auto_deploy = true

  dynamic "route_settings" {
    for_each = ["say"]
    content {
      route_key              = route_settings.value
      throttling_burst_limit = 3
    }
  }
}

resource "aws_vpc" "unused" {
  cidr_block = var.nothing
}
