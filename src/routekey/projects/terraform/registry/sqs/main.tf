# What terraform-aws-modules/sqs/aws comes to: a queue and, on demand, one for dead letters.

variable "content_based_deduplication" { default = null }
variable "create" { default = true }
variable "create_dlq" { default = false }
variable "delay_seconds" { default = null }
variable "dlq_name" { default = null }
variable "fifo_queue" { default = false }
variable "max_message_size" { default = null }
variable "message_retention_seconds" { default = null }
variable "name" { default = null }
variable "receive_wait_time_seconds" { default = null }
variable "redrive_policy" { default = {} }
variable "tags" { default = {} }
variable "visibility_timeout_seconds" { default = null }

locals {
  suffix  = var.fifo_queue ? ".fifo" : ""
  name    = var.name == null ? null : "${trimsuffix(var.name, ".fifo")}${local.suffix}"
  dlq     = coalesce(var.dlq_name, "${trimsuffix(coalesce(var.name, "queue"), ".fifo")}-dlq")
  redrive = try(jsondecode(var.redrive_policy), var.redrive_policy)
  dead    = var.create && var.create_dlq
}

resource "aws_sqs_queue" "dlq" {
  count      = local.dead ? 1 : 0
  name       = "${trimsuffix(local.dlq, ".fifo")}${local.suffix}"
  fifo_queue = var.fifo_queue ? true : null
}

resource "aws_sqs_queue" "this" {
  count                       = var.create ? 1 : 0
  name                        = local.name
  fifo_queue                  = var.fifo_queue ? true : null
  content_based_deduplication = var.content_based_deduplication
  delay_seconds               = var.delay_seconds
  max_message_size            = var.max_message_size
  message_retention_seconds   = var.message_retention_seconds
  receive_wait_time_seconds   = var.receive_wait_time_seconds
  visibility_timeout_seconds  = var.visibility_timeout_seconds
  tags                        = var.tags
  redrive_policy = local.dead ? jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dlq[0].arn
    maxReceiveCount     = try(local.redrive.maxReceiveCount, 5)
  }) : try(local.redrive.deadLetterTargetArn, null) == null ? null : jsonencode(local.redrive)
}

output "queue_arn" { value = try(aws_sqs_queue.this[0].arn, null) }
output "queue_id" { value = try(aws_sqs_queue.this[0].id, null) }
output "queue_name" { value = try(aws_sqs_queue.this[0].name, null) }
output "queue_url" { value = try(aws_sqs_queue.this[0].url, null) }
output "dead_letter_queue_arn" { value = try(aws_sqs_queue.dlq[0].arn, null) }
output "dead_letter_queue_id" { value = try(aws_sqs_queue.dlq[0].id, null) }
output "dead_letter_queue_name" { value = try(aws_sqs_queue.dlq[0].name, null) }
output "dead_letter_queue_url" { value = try(aws_sqs_queue.dlq[0].url, null) }
