"""CloudFormation and SAM templates, read into resources."""
