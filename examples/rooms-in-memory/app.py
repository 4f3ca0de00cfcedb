"""The CDK application: an API from low-level constructs, and one function behind all routes."""

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

ROUTES = {"Connect": "$connect", "Disconnect": "$disconnect", "Join": "join", "Send": "send"}


class Rooms(cdk.Stack):
    """Rooms that one warm function keeps in memory."""

    def __init__(self, scope, construct_id, **kwargs):
        super().__init__(scope, construct_id, **kwargs)
        api = apigateway.CfnApi(
            self,
            "Api",
            name="rooms",
            protocol_type="WEBSOCKET",
            route_selection_expression="$request.body.action",
        )
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_12,
            handler="rooms.handler",
            code=lambda_.Code.from_asset("handlers"),
            # Rooms live in the function's memory, so there may be only one of it.
            reserved_concurrent_executions=1,
        )
        function.add_permission(
            "Invoke",
            principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
            source_arn=f"arn:aws:execute-api:{self.region}:{self.account}:{api.ref}/*",
        )
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["execute-api:ManageConnections"],
                resources=[
                    f"arn:aws:execute-api:{self.region}:{self.account}:{api.ref}/*/*/@connections/*"
                ],
            )
        )
        integration = apigateway.CfnIntegration(
            self,
            "Integration",
            api_id=api.ref,
            integration_type="AWS_PROXY",
            integration_uri=(
                f"arn:aws:apigateway:{self.region}:lambda:path/2015-03-31/functions/"
                f"{function.function_arn}/invocations"
            ),
        )
        deployment = apigateway.CfnDeployment(self, "Deployment", api_id=api.ref)
        for name, route_key in ROUTES.items():
            route = apigateway.CfnRoute(
                self,
                f"{name}Route",
                api_id=api.ref,
                route_key=route_key,
                target=f"integrations/{integration.ref}",
            )
            deployment.add_dependency(route)
        stage = apigateway.CfnStage(
            self, "Stage", api_id=api.ref, stage_name="prod", deployment_id=deployment.ref
        )
        url = f"wss://{api.ref}.execute-api.{self.region}.amazonaws.com/{stage.ref}"
        cdk.CfnOutput(self, "Url", value=url)


app = cdk.App()
Rooms(app, "RoomsInMemory")
app.synth()
