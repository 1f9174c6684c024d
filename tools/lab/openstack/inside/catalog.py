"""Registers the services, their users and the project of the cloud's one ordinary user. Run twice it changes nothing."""
import os

import openstack

address, password = os.environ["LAB_ADDRESS"], os.environ["LAB_PASSWORD"]
region = os.environ["OS_REGION_NAME"]
services = {
    "glance": ("image", f"http://{address}:9292"),
    "placement": ("placement", f"http://{address}:8778"),
    "nova": ("compute", f"http://{address}:8774/v2.1"),
    "neutron": ("network", f"http://{address}:9696"),
    "cinder": ("volumev3", f"http://{address}:8776/v3/%(project_id)s"),
}
identity = openstack.connect().identity


def project(name):
    return identity.find_project(name) or identity.create_project(name=name, domain_id="default")


def user(name, home, *roles):
    one = identity.find_user(name) or identity.create_user(
        name=name, password=password, domain_id="default", default_project_id=home.id
    )
    for role in roles:
        identity.assign_project_role_to_user(home, one, role)


admin, member, reader = (identity.find_role(name) for name in ("admin", "member", "reader"))
service = identity.find_role("service") or identity.create_role(name="service")
home = project("service")
for name, (kind, url) in services.items():
    user(name, home, admin, service)
    if identity.find_service(name):
        continue
    one = identity.create_service(name=name, type=kind)
    for side in ("public", "internal", "admin"):
        identity.create_endpoint(service_id=one.id, interface=side, url=url, region_id=region)
user("barista", project("barista"), member, reader)
