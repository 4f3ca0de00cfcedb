variable "name" {}
variable "role" {}
variable "endpoint" {}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.root}/src"
  output_path = "${path.module}/code.zip"
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  role             = var.role
  filename         = data.archive_file.code.output_path
  source_code_hash = data.archive_file.code.output_base64sha256
  handler          = "app.handler"
  runtime          = "python3.12"

  environment {
    variables = {
      ENDPOINT = var.endpoint
    }
  }
}

resource "aws_lambda_permission" "gateway" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = "apigateway.amazonaws.com"
}

output "invoke_arn" {
  value = aws_lambda_function.this.invoke_arn
}
