resource "aws_lambda_function" "this" {
  function_name = "f"
  role          = "r"
  runtime       = "nodejs20.x"
  handler       = "index.handler"
  filename      = "build/f.zip"
}
