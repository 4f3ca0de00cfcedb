# What terraform-aws-modules/apigateway-v2/aws comes to: an API with its routes and one stage.
# Up to its version 4 the module has `integrations`, later `routes`, each with its integration.

variable "api_key_selection_expression" { default = null }
variable "authorizers" { default = {} }
variable "create" { default = true }
variable "default_stage_name" { default = null }
variable "description" { default = null }
variable "integrations" { default = {} }
variable "name" { default = "" }
variable "protocol_type" { default = "HTTP" }
variable "route_selection_expression" { default = "$request.method $request.path" }
variable "routes" { default = {} }
variable "stage_name" { default = "$default" }
variable "stage_variables" { default = {} }

locals {
  older = {
    for key, value in var.integrations : key => merge(value, {
      integration = {
        type             = try(value.integration_type, null)
        uri              = try(value.lambda_arn, value.integration_uri, null)
        credentials_arn  = try(value.credentials_arn, null)
        method           = try(value.integration_method, null)
        content_handling_strategy = try(value.content_handling_strategy, null)
        passthrough_behavior      = try(value.passthrough_behavior, null)
        request_templates         = try(value.request_templates, null)
        template_selection_expression = try(value.template_selection_expression, null)
      }
    })
  }
  made   = var.create ? merge(local.older, var.routes) : {}
  stage  = coalesce(var.default_stage_name, var.stage_name)
}

resource "aws_apigatewayv2_api" "this" {
  count                        = var.create ? 1 : 0
  name                         = var.name
  description                  = var.description
  protocol_type                = var.protocol_type
  route_selection_expression   = var.route_selection_expression
  api_key_selection_expression = var.api_key_selection_expression
}

resource "aws_apigatewayv2_authorizer" "this" {
  for_each                   = var.create ? var.authorizers : {}
  api_id                     = aws_apigatewayv2_api.this[0].id
  authorizer_type            = try(each.value.authorizer_type, "REQUEST")
  authorizer_uri             = try(each.value.authorizer_uri, null)
  authorizer_credentials_arn = try(each.value.authorizer_credentials_arn, null)
  identity_sources           = try(each.value.identity_sources, null)
  name                       = try(coalesce(each.value.name, each.key), each.key)
}

resource "aws_apigatewayv2_integration" "this" {
  for_each                      = local.made
  api_id                        = aws_apigatewayv2_api.this[0].id
  integration_type              = try(coalesce(each.value.integration.type, "AWS_PROXY"), "AWS_PROXY")
  integration_uri               = try(each.value.integration.uri, null)
  integration_method            = try(each.value.integration.method, null)
  credentials_arn               = try(each.value.integration.credentials_arn, null)
  content_handling_strategy     = try(each.value.integration.content_handling_strategy, null)
  passthrough_behavior          = try(each.value.integration.passthrough_behavior, null)
  request_templates             = try(each.value.integration.request_templates, null)
  request_parameters            = try(each.value.integration.request_parameters, null)
  template_selection_expression = try(each.value.integration.template_selection_expression, null)
  timeout_milliseconds          = try(each.value.integration.timeout_milliseconds, null)
}

resource "aws_apigatewayv2_integration_response" "this" {
  for_each                 = { for key, value in local.made : key => value if try(value.integration.response != null, false) }
  api_id                   = aws_apigatewayv2_api.this[0].id
  integration_id           = aws_apigatewayv2_integration.this[each.key].id
  integration_response_key = try(each.value.integration.response.integration_response_key, "$default")
  response_templates       = try(each.value.integration.response.response_templates, null)
}

resource "aws_apigatewayv2_route" "this" {
  for_each                            = local.made
  api_id                              = aws_apigatewayv2_api.this[0].id
  route_key                           = each.key
  api_key_required                    = try(each.value.api_key_required, null)
  authorization_type                  = try(each.value.authorization_type, null)
  authorizer_id                       = try(aws_apigatewayv2_authorizer.this[each.value.authorizer_key].id, each.value.authorizer_id, null)
  operation_name                      = try(each.value.operation_name, null)
  route_response_selection_expression = try(each.value.route_response_selection_expression, null)
  target                              = "integrations/${aws_apigatewayv2_integration.this[each.key].id}"
}

resource "aws_apigatewayv2_route_response" "this" {
  for_each           = { for key, value in local.made : key => value if try(value.route_response != null, value.route_response_selection_expression != null, false) }
  api_id             = aws_apigatewayv2_api.this[0].id
  route_id           = aws_apigatewayv2_route.this[each.key].id
  route_response_key = try(coalesce(each.value.route_response.route_response_key, "$default"), "$default")
}

resource "aws_apigatewayv2_stage" "this" {
  count           = var.create ? 1 : 0
  api_id          = aws_apigatewayv2_api.this[0].id
  name            = local.stage
  auto_deploy     = true
  stage_variables = var.stage_variables
}

output "api_id" { value = try(aws_apigatewayv2_api.this[0].id, "") }
output "api_arn" { value = try(aws_apigatewayv2_api.this[0].arn, "") }
output "api_endpoint" { value = try(aws_apigatewayv2_api.this[0].api_endpoint, "") }
output "api_execution_arn" { value = try(aws_apigatewayv2_api.this[0].execution_arn, "") }
output "stage_arn" { value = try(aws_apigatewayv2_stage.this[0].arn, "") }
output "stage_execution_arn" { value = try(aws_apigatewayv2_stage.this[0].execution_arn, "") }
output "stage_id" { value = try(aws_apigatewayv2_stage.this[0].id, "") }
output "stage_invoke_url" { value = try(aws_apigatewayv2_stage.this[0].invoke_url, "") }

output "apigatewayv2_api_id" { value = try(aws_apigatewayv2_api.this[0].id, "") }
output "apigatewayv2_api_arn" { value = try(aws_apigatewayv2_api.this[0].arn, "") }
output "apigatewayv2_api_api_endpoint" { value = try(aws_apigatewayv2_api.this[0].api_endpoint, "") }
output "apigatewayv2_api_execution_arn" { value = try(aws_apigatewayv2_api.this[0].execution_arn, "") }
output "default_apigatewayv2_stage_id" { value = try(aws_apigatewayv2_stage.this[0].id, "") }
output "default_apigatewayv2_stage_invoke_url" { value = try(aws_apigatewayv2_stage.this[0].invoke_url, "") }
