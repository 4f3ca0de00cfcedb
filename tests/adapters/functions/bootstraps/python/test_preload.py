"""What the zygote loads, seen from its children."""

from adapters.functions.laboratory import Lab


async def test_a_client_is_made_from_data_that_is_loaded_already(lab: Lab) -> None:
    source = """
    import sys
    is_loaded = "boto3" in sys.modules
    import boto3, botocore.loaders
    reads = []
    read = botocore.loaders.JSONFileLoader.load_file
    botocore.loaders.JSONFileLoader.load_file = lambda *a: reads.append(a[1]) or read(*a)
    def handler(event, context):
        boto3.client("apigatewaymanagementapi", endpoint_url="https://x.example")
        return [is_loaded, reads]
    """
    await lab.serve(lab.python(source))
    assert await lab.call() == [True, []]


async def test_models_of_the_function_s_own_come_first(lab: Lab) -> None:
    source = """
    import boto3
    def handler(event, context):
        return boto3.Session().get_available_services() == ["mine"] or "mine" in (
            boto3.Session().get_available_services())
    """
    folder = lab.folder_of(
        {"app.py": source, "models/mine/2020-01-01/service-2.json": '{"metadata": {}}'}
    )
    environment = {"AWS_DATA_PATH": str(folder / "models")}
    await lab.serve(lab.function(folder, environment=environment))
    assert await lab.call() is True


async def test_nothing_of_the_zygote_s_environment_is_left(lab: Lab) -> None:
    source = """
    import boto3, os, time
    def handler(event, context):
        session = boto3.Session()
        return [session.region_name, session.get_credentials().token, time.tzname[0],
                "none" in str(vars(session.get_credentials()))]
    """
    await lab.serve(lab.python(source))
    assert await lab.call() == ["us-east-1", "token", "UTC", False]
