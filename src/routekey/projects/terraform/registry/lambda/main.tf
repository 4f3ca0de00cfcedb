# What terraform-aws-modules/lambda/aws comes to: a function, its role, and who may call it.
# The module itself packs the code while it is planned; here the code is run where it is.

variable "allowed_triggers" { default = {} }
variable "attach_cloudwatch_logs_policy" { default = true }
variable "create" { default = true }
variable "create_function" { default = true }
variable "create_layer" { default = false }
variable "create_role" { default = true }
variable "description" { default = null }
variable "environment_variables" { default = {} }
variable "event_source_mapping" { default = {} }
variable "function_name" { default = "" }
variable "handler" { default = "" }
variable "image_uri" { default = null }
variable "lambda_role" { default = "" }
variable "layer_name" { default = "" }
variable "layers" { default = null }
variable "local_existing_package" { default = null }
variable "memory_size" { default = 128 }
variable "package_type" { default = "Zip" }
variable "policies" { default = [] }
variable "policy" { default = null }
variable "policy_json" { default = null }
variable "policy_jsons" { default = [] }
variable "policy_statements" { default = {} }
variable "reserved_concurrent_executions" { default = -1 }
variable "role_name" { default = null }
variable "runtime" { default = "" }
variable "s3_existing_package" { default = null }
variable "source_path" { default = null }
variable "timeout" { default = 3 }

locals {
  basic     = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
  documents = concat(var.policy_json == null ? [] : [var.policy_json], var.policy_jsons)
  has_layer = var.create && var.create_layer
  is_made   = var.create && var.create_function && !var.create_layer
  owns_role = local.is_made && var.create_role && var.lambda_role == ""
  role      = local.owns_role ? aws_iam_role.lambda[0].arn : var.lambda_role
  source    = try(var.source_path[0].path, var.source_path.path, var.source_path[0], var.source_path)
  package   = try(coalesce(var.local_existing_package, local.source), null)
}

data "aws_iam_policy_document" "statements" {
  dynamic "statement" {
    for_each = var.policy_statements
    content {
      effect        = try(statement.value.effect, null)
      actions       = try(statement.value.actions, null)
      not_actions   = try(statement.value.not_actions, null)
      resources     = try(statement.value.resources, null)
      not_resources = try(statement.value.not_resources, null)

      dynamic "condition" {
        for_each = try(statement.value.condition, {})
        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_role" "lambda" {
  count = local.owns_role ? 1 : 0
  name  = coalesce(var.role_name, var.function_name)
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }
    ]
  })
  managed_policy_arns = concat(
    var.policies,
    var.policy == null ? [] : [var.policy],
    var.attach_cloudwatch_logs_policy ? [local.basic] : []
  )

  dynamic "inline_policy" {
    for_each = length(var.policy_statements) > 0 ? concat(local.documents, [data.aws_iam_policy_document.statements.json]) : local.documents
    content {
      name   = "inline-${inline_policy.key}"
      policy = inline_policy.value
    }
  }
}

resource "aws_lambda_function" "this" {
  count                          = local.is_made ? 1 : 0
  function_name                  = var.function_name
  description                    = var.description
  role                           = local.role
  handler                        = var.handler
  runtime                        = var.runtime
  layers                         = var.layers
  timeout                        = var.timeout
  memory_size                    = var.memory_size
  package_type                   = var.package_type
  image_uri                      = var.image_uri
  reserved_concurrent_executions = var.reserved_concurrent_executions < 0 ? null : var.reserved_concurrent_executions
  filename                       = local.package
  s3_key                         = try(var.s3_existing_package.key, null)

  environment {
    variables = var.environment_variables
  }
}

resource "aws_lambda_layer_version" "this" {
  count      = local.has_layer ? 1 : 0
  layer_name = var.layer_name
  filename   = local.package
  s3_key     = try(var.s3_existing_package.key, null)
}

resource "aws_lambda_permission" "triggers" {
  for_each      = local.is_made ? var.allowed_triggers : {}
  statement_id  = try(each.value.statement_id, each.key)
  action        = try(each.value.action, "lambda:InvokeFunction")
  function_name = aws_lambda_function.this[0].function_name
  principal     = try(each.value.principal, "${each.value.service}.amazonaws.com")
  source_arn    = try(each.value.source_arn, "${each.value.arn}/*/*/*", null)
}

resource "aws_lambda_event_source_mapping" "this" {
  for_each                = local.is_made ? var.event_source_mapping : {}
  function_name           = aws_lambda_function.this[0].arn
  event_source_arn        = try(each.value.event_source_arn, null)
  batch_size              = try(each.value.batch_size, null)
  starting_position       = try(each.value.starting_position, null)
  enabled                 = try(each.value.enabled, null)
  function_response_types = try(each.value.function_response_types, null)
}

output "lambda_function_arn" { value = try(aws_lambda_function.this[0].arn, "") }
output "lambda_function_arn_static" { value = try(aws_lambda_function.this[0].arn, "") }
output "lambda_function_invoke_arn" { value = try(aws_lambda_function.this[0].invoke_arn, "") }
output "lambda_function_name" { value = try(aws_lambda_function.this[0].function_name, "") }
output "lambda_function_qualified_arn" { value = try(aws_lambda_function.this[0].arn, "") }
output "lambda_function_qualified_invoke_arn" { value = try(aws_lambda_function.this[0].invoke_arn, "") }
output "lambda_function_version" { value = try(aws_lambda_function.this[0].version, "") }
output "lambda_layer_arn" { value = try(aws_lambda_layer_version.this[0].arn, "") }
output "lambda_role_arn" { value = local.role }
output "lambda_role_name" { value = try(aws_iam_role.lambda[0].name, "") }
output "lambda_cloudwatch_log_group_name" { value = "/aws/lambda/${var.function_name}" }
output "lambda_cloudwatch_log_group_arn" { value = "/aws/lambda/${var.function_name}" }
