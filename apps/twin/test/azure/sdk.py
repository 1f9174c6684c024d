"""Clients of the vendor's own SDK for Python, pointed at the wire by the environment."""

import json
import os
import urllib.parse
import urllib.request

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource import ResourceManagementClient, SubscriptionClient

arm = os.environ["AZURE_RESOURCE_MANAGER"]
subscription = os.environ["AZURE_SUBSCRIPTION_ID"]
location = "koreacentral"


class Bearer(SansIOHTTPPolicy):
    """The SDK's own policy refuses to send a token over plain http."""

    def __init__(self):
        url = f"{os.environ['AZURE_AUTHORITY_HOST']}/{os.environ['AZURE_TENANT_ID']}/oauth2/v2.0/token"
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials",
            "client_id": os.environ["AZURE_CLIENT_ID"],
            "client_secret": os.environ["AZURE_CLIENT_SECRET"],
            "scope": "https://management.azure.com/.default",
        })
        with urllib.request.urlopen(url, form.encode()) as answer:
            token = json.load(answer)
        assert token["token_type"] == "Bearer" and token["expires_in"] == 3599
        self.header = f"Bearer {token['access_token']}"

    def on_request(self, request):
        request.http_request.headers["Authorization"] = self.header


class Credential:
    def get_token(self, *scopes, **more):
        raise AssertionError("the policy above carries the token")


common = {
    "base_url": arm,
    "authentication_policy": Bearer(),
    "polling_interval": 0.01,
    "credential_scopes": [f"{arm}/.default"],
}
compute = ComputeManagementClient(Credential(), subscription, **common)
network = NetworkManagementClient(Credential(), subscription, **common)
resources = ResourceManagementClient(Credential(), subscription, **common)
subscriptions = SubscriptionClient(Credential(), **common)


def refused(code, deed):
    try:
        deed()
    except HttpResponseError as error:
        assert error.error.code == code, (error.error.code, error.message)
        return error
    raise AssertionError(f"no {code}")
