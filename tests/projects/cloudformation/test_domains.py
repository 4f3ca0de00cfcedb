"""Domain names and their mappings."""

from pathlib import Path

import pytest

from projects.building import API, load_template


@pytest.mark.rule("CP-CFN-01", "CP-DOM-03")
def test_a_domain_name_has_the_mappings_to_the_apis_that_are_here(tmp_path: Path) -> None:
    project = load_template(
        tmp_path,
        f"""Resources:{API}
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: ws.example.com
      DomainNameConfigurations: [{{CertificateArn: arn:c, EndpointType: REGIONAL}}]
      Tags: {{a: b}}
  Mapping:
    Type: AWS::ApiGatewayV2::ApiMapping
    Properties:
      {{ApiId: !Ref Api, DomainName: !Ref Domain, Stage: dev, ApiMappingKey: chat}}
  Other:
    Type: AWS::ApiGatewayV2::ApiMapping
    Properties: {{ApiId: elsewhere, DomainName: !Ref Domain, Stage: dev}}
""",
    )
    (domain,) = project.domain_names
    assert (domain.domain_name, domain.tags) == ("ws.example.com", {"a": "b"})
    (configuration,) = domain.domain_name_configurations
    assert configuration.certificate_arn == "arn:c"
    assert configuration.api_gateway_domain_name.endswith(".execute-api.us-east-1.amazonaws.com")
    (mapping,) = domain.mappings
    assert (mapping.api_id, mapping.stage) == (project.apis[0].api_id, "dev")
    assert mapping.api_mapping_key == "chat"
