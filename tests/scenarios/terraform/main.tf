# Everything that AWS's provider makes for a WebSocket API, in two steps: the second changes it.
terraform {
  required_providers { aws = { source = "hashicorp/aws", version = "5.100.0" } }
}
variable "endpoint" {}
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "AKIAIOSFODNN7EXAMPLE"
  secret_key                  = "secret"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  endpoints {
    apigatewayv2 = var.endpoint
    apigateway   = var.endpoint
    lambda       = var.endpoint
    iam          = var.endpoint
    sts          = var.endpoint
  }
}
variable "step" { default = 1 }
locals { changed = var.step > 1 }
data "aws_caller_identity" "me" {}
resource "aws_iam_role" "runner" {
  name                 = "runner"
  description          = local.changed ? "two" : "one"
  max_session_duration = local.changed ? 3600 : 7200
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
  tags                 = { team = "chat" }
  permissions_boundary = local.changed ? null : data.aws_iam_policy.boundary.arn
}
resource "aws_iam_role_policy_attachment" "basic" {
  role       = aws_iam_role.runner.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}
data "aws_iam_policy" "boundary" { name = "PowerUserAccess" }
resource "aws_iam_policy" "push" {
  name        = "push"
  path        = "/chat/"
  description = "may push"
  policy      = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = local.changed ? "execute-api:*" : "execute-api:ManageConnections", Resource = "*" }] })
  tags        = { team = local.changed ? "games" : "chat" }
}
resource "aws_iam_role_policy_attachment" "push" {
  role       = aws_iam_role.runner.name
  policy_arn = aws_iam_policy.push.arn
}
resource "aws_iam_role_policy" "inline" {
  name   = "inline"
  role   = aws_iam_role.runner.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "logs:*", Resource = "*" }] })
}
resource "aws_iam_user" "ci" {
  name                 = local.changed ? "builds" : "ci"
  path                 = local.changed ? "/machines/" : "/"
  permissions_boundary = local.changed ? aws_iam_policy.push.arn : null
}
resource "aws_iam_user_policy_attachment" "push" {
  user       = aws_iam_user.ci.name
  policy_arn = aws_iam_policy.push.arn
}
resource "aws_iam_group" "team" {
  name = local.changed ? "crew" : "team"
  path = local.changed ? "/chat/" : "/"
}
resource "aws_iam_group_policy" "team" {
  name   = "inline"
  group  = aws_iam_group.team.name
  policy = data.aws_iam_policy_document.read.json
}
resource "aws_iam_group_policy_attachment" "push" {
  group      = aws_iam_group.team.name
  policy_arn = aws_iam_policy.push.arn
}
resource "aws_iam_user_group_membership" "ci" {
  user   = aws_iam_user.ci.name
  groups = [aws_iam_group.team.name]
}
data "aws_iam_policy_document" "read" {
  statement {
    sid       = local.changed ? "ReadAgain" : "Read"
    actions   = ["apigateway:GET"]
    resources = ["arn:aws:apigateway:*::/apis/*"]
    condition {
      test     = "DateLessThan"
      variable = "aws:CurrentTime"
      values   = ["2099-01-01T00:00:00Z"]
    }
  }
}
resource "aws_iam_access_key" "ci" { user = aws_iam_user.ci.name }
resource "aws_iam_user_policy" "ci" {
  name   = "inline"
  user   = aws_iam_user.ci.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "execute-api:*", Resource = "*" }] })
}
resource "aws_lambda_layer_version" "lib" {
  layer_name          = "lib"
  filename            = "${path.module}/code.zip"
  compatible_runtimes = ["python3.12"]
}
resource "aws_lambda_function" "echo" {
  function_name                  = "echo"
  role                           = aws_iam_role.runner.arn
  handler                        = "app.handler"
  runtime                        = "python3.12"
  filename                       = "${path.module}/code.zip"
  source_code_hash               = filebase64sha256("${path.module}/code.zip")
  timeout                        = local.changed ? 20 : 10
  memory_size                    = 256
  architectures                  = ["arm64"]
  description                    = "echoes"
  publish                        = true
  reserved_concurrent_executions = 5
  layers                         = [aws_lambda_layer_version.lib.arn]
  environment { variables = { AB = "b" } }
  ephemeral_storage { size = 1024 }
  tracing_config { mode = "Active" }
  logging_config {
    log_format            = "JSON"
    application_log_level = "DEBUG"
    system_log_level      = "WARN"
  }
  dead_letter_config { target_arn = "arn:aws:sqs:us-east-1:000000000000:dead" }
  tags = { team = local.changed ? "games" : "chat" }
}
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.echo.function_name
  function_version = aws_lambda_function.echo.version
  description      = "d"
  dynamic "routing_config" {
    for_each = local.changed ? [0.25] : []
    content { additional_version_weights = { "1" = routing_config.value } }
  }
}
resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.echo.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.chat.execution_arn}/*"
}
resource "aws_lambda_permission" "live" {
  statement_id  = "live"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.echo.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.chat.execution_arn}/*"
}
resource "aws_apigatewayv2_api" "chat" {
  name                       = local.changed ? "chat2" : "chat"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
  description                = local.changed ? "" : "a chat"
  version                    = local.changed ? null : "v1"
  tags                       = { a = "b" }
}
resource "aws_apigatewayv2_integration" "echo" {
  api_id                    = aws_apigatewayv2_api.chat.id
  integration_type          = "AWS_PROXY"
  integration_method        = "POST"
  integration_uri           = aws_lambda_function.echo.invoke_arn
  content_handling_strategy = "CONVERT_TO_TEXT"
  passthrough_behavior      = "WHEN_NO_MATCH"
  description               = local.changed ? "" : "x"
}
resource "aws_apigatewayv2_integration" "mock" {
  api_id                        = aws_apigatewayv2_api.chat.id
  integration_type              = "MOCK"
  request_templates             = { "200" = "{\"statusCode\":200}" }
  template_selection_expression = "200"
}
resource "aws_apigatewayv2_integration_response" "mock" {
  api_id                        = aws_apigatewayv2_api.chat.id
  integration_id                = aws_apigatewayv2_integration.mock.id
  integration_response_key      = "/200/"
  content_handling_strategy     = "CONVERT_TO_TEXT"
  template_selection_expression = local.changed ? null : "$default"
  response_templates            = { "$default" = "{}" }
}
resource "aws_apigatewayv2_model" "message" {
  api_id       = aws_apigatewayv2_api.chat.id
  name         = "Message"
  content_type = "application/json"
  schema       = jsonencode({ "$schema" = "http://json-schema.org/draft-04/schema#", type = "object", properties = { id = { type = "string" } } })
  description  = local.changed ? null : "m"
}
resource "aws_apigatewayv2_authorizer" "who" {
  api_id                     = aws_apigatewayv2_api.chat.id
  authorizer_type            = "REQUEST"
  authorizer_uri             = aws_lambda_function.echo.invoke_arn
  identity_sources           = local.changed ? ["route.request.querystring.a", "route.request.header.Auth"] : ["route.request.header.Auth"]
  name                       = "who"
  authorizer_credentials_arn = local.changed ? null : aws_iam_role.runner.arn
}
resource "aws_apigatewayv2_route" "connect" {
  api_id             = aws_apigatewayv2_api.chat.id
  route_key          = "$connect"
  authorization_type = "CUSTOM"
  authorizer_id      = aws_apigatewayv2_authorizer.who.id
  target             = "integrations/${aws_apigatewayv2_integration.echo.id}"
  request_parameter {
    request_parameter_key = "route.request.header.X"
    required              = local.changed
  }
}
resource "aws_apigatewayv2_route" "default" {
  api_id                              = aws_apigatewayv2_api.chat.id
  route_key                           = "$default"
  target                              = "integrations/${aws_apigatewayv2_integration.mock.id}"
  route_response_selection_expression = "$default"
  model_selection_expression          = "action"
  operation_name                      = local.changed ? null : "op"
  request_models                      = { action = aws_apigatewayv2_model.message.name }
}
resource "aws_apigatewayv2_route_response" "default" {
  api_id                     = aws_apigatewayv2_api.chat.id
  route_id                   = aws_apigatewayv2_route.default.id
  route_response_key         = "$default"
  model_selection_expression = "action"
  response_models            = { action = aws_apigatewayv2_model.message.name }
}
resource "aws_apigatewayv2_deployment" "now" {
  api_id      = aws_apigatewayv2_api.chat.id
  description = local.changed ? "two" : "one"
  depends_on  = [aws_apigatewayv2_route.connect, aws_apigatewayv2_route.default]
  lifecycle { create_before_destroy = true }
}
resource "aws_iam_role" "logs" {
  name               = "logs"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "apigateway.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_api_gateway_account" "this" {
  cloudwatch_role_arn = aws_iam_role.logs.arn
}
resource "aws_apigatewayv2_stage" "prod" {
  api_id        = aws_apigatewayv2_api.chat.id
  name          = "prod"
  deployment_id = aws_apigatewayv2_deployment.now.id
  description   = local.changed ? "" : "x"
  access_log_settings {
    destination_arn = "arn:aws:logs:us-east-1:000000000000:log-group:chat"
    format          = "$context.requestId"
  }
  default_route_settings {
    logging_level          = local.changed ? "ERROR" : "INFO"
    data_trace_enabled     = true
    throttling_burst_limit = 5
    throttling_rate_limit  = 10
  }
  route_settings {
    route_key              = "$default"
    logging_level          = "INFO"
    throttling_burst_limit = 1
    throttling_rate_limit  = 2
  }
  stage_variables = local.changed ? { a = "b" } : { a = "b", c = "d" }
  tags            = { a = "b" }
  depends_on      = [aws_api_gateway_account.this]
}
resource "aws_apigatewayv2_stage" "auto" {
  api_id      = aws_apigatewayv2_api.chat.id
  name        = "auto"
  auto_deploy = true
}
resource "aws_apigatewayv2_domain_name" "ws" {
  domain_name = "ws.example.com"
  domain_name_configuration {
    certificate_arn = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012"
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
  tags = { a = "b" }
}
resource "aws_apigatewayv2_api_mapping" "ws" {
  api_id          = aws_apigatewayv2_api.chat.id
  domain_name     = aws_apigatewayv2_domain_name.ws.id
  stage           = aws_apigatewayv2_stage.prod.id
  api_mapping_key = local.changed ? "two" : "one"
}
resource "aws_apigatewayv2_vpc_link" "link" {
  name               = local.changed ? "b" : "a"
  security_group_ids = ["sg-12345678"]
  subnet_ids         = ["subnet-12345678"]
  tags               = { a = "b" }
}
resource "aws_api_gateway_api_key" "key" {
  name  = "key"
  value = "00000000000003456789"
}
resource "aws_api_gateway_usage_plan" "plan" {
  name = local.changed ? "plan2" : "plan"
  api_stages {
    api_id = aws_apigatewayv2_api.chat.id
    stage  = aws_apigatewayv2_stage.prod.name
  }
  quota_settings {
    limit  = 10
    period = "DAY"
  }
  throttle_settings {
    burst_limit = 5
    rate_limit  = 10
  }
}
resource "aws_api_gateway_usage_plan_key" "key" {
  key_id        = aws_api_gateway_api_key.key.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.plan.id
}
output "url" { value = aws_apigatewayv2_stage.prod.invoke_url }
resource "aws_lambda_function_event_invoke_config" "echo" {
  function_name                = aws_lambda_function.echo.function_name
  maximum_retry_attempts       = 1
  maximum_event_age_in_seconds = 120
}
resource "aws_lambda_event_source_mapping" "queue" {
  function_name    = aws_lambda_function.echo.arn
  event_source_arn = "arn:aws:sqs:us-east-1:000000000000:work"
  batch_size       = local.changed ? 3 : 5
  dynamic "filter_criteria" {
    for_each = local.changed ? [] : [["a"]]
    content {
      filter { pattern = jsonencode({ body = filter_criteria.value }) }
    }
  }
}
