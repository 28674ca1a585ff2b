# A queue of what Safelight has told, and a prompt file: for whoever runs everything else with
# Terraform, and Safelight as the CloudFormation stack that SAM makes of it.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

variable "safelight_stack" {
  description = "Name of Safelight's stack, in the provider's account and region."
  type        = string
  default     = "safelight"
}

variable "prompt" {
  description = "What is asked for. It lies in the state file as well, as whatever Terraform uploads does."
  type        = string
  default     = "a lighthouse at dusk"

  validation {
    condition     = length(var.prompt) >= 1 && length(var.prompt) <= 2000
    error_message = "A prompt has 1 to 2,000 characters."
  }
}

variable "s3_path_style" {
  description = "For Safelight's local engine, which has no host name for each bucket."
  type        = bool
  default     = false
}

provider "aws" {
  s3_use_path_style = var.s3_path_style
}

data "aws_cloudformation_stack" "safelight" {
  name = var.safelight_stack
}

locals {
  safelight = data.aws_cloudformation_stack.safelight.outputs
  request   = jsonencode({ prompt = var.prompt })
  # The id of the request: the same file asked for again is a duplicate, another prompt another file.
  order = "terraform-${substr(sha256(local.request), 0, 12)}"
}

resource "aws_s3_object" "prompt" {
  bucket       = local.safelight.PromptsBucket
  key          = "prompts/terraform/${local.order}.json"
  content      = jsonencode({ prompt = var.prompt, request_id = local.order })
  content_type = "application/json"

  # The file starts a request: what tells of its end has to be there before.
  depends_on = [aws_cloudwatch_event_target.results, aws_sqs_queue_policy.results]
}

resource "aws_sqs_queue" "results" {
  name                      = "${var.safelight_stack}-results-for-terraform"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_cloudwatch_event_rule" "results" {
  name           = "${var.safelight_stack}-results-for-terraform"
  description    = "What became of the files that Terraform has uploaded"
  event_bus_name = local.safelight.EventBus
  event_pattern = jsonencode({
    source      = ["safelight"]
    detail-type = ["ImageCompleted", "ImageBlocked", "ImageFailed"]
    # The bus tells of everybody's requests: this is whose files lie in that folder.
    detail = { requester = ["s3:prompts/terraform"] }
  })
}

resource "aws_cloudwatch_event_target" "results" {
  rule           = aws_cloudwatch_event_rule.results.name
  event_bus_name = local.safelight.EventBus
  arn            = aws_sqs_queue.results.arn
}

# A queue takes only what its policy allows: without this, EventBridge drops what it cannot deliver.
resource "aws_sqs_queue_policy" "results" {
  queue_url = aws_sqs_queue.results.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.results.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.results.arn } }
    }]
  })
}

output "queue_url" {
  description = "Where the results lie, for 14 days."
  value       = aws_sqs_queue.results.id
}

output "request_id" {
  description = "By which results and the record know the request."
  value       = "s3:prompts/terraform/${local.order}"
}
