"""VPC links: kept and told, and available at once. Source: CP-VPC-01."""

from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, make, page
from routekey.endpoints.control_plane.refusals import NotFoundException
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.tags import check_tags
from routekey.resources.vpc_link import VpcLink

_ID_LENGTH: Final = 6


def create_vpc_link(edit: Edit, request: Members) -> Members:
    """CreateVpcLink."""
    new_id = edit.new_id(_ID_LENGTH)
    return _keep(edit, make(VpcLink, request, vpc_link_id=new_id, created_date=edit.now))


def get_vpc_link(edit: Edit, request: Members) -> Members:
    """GetVpcLink."""
    return _show(_find(edit, request))


def get_vpc_links(edit: Edit, request: Members) -> Members:
    """GetVpcLinks."""
    return page(edit.all(VpcLink), lambda link: link.vpc_link_id, _show, request)


def update_vpc_link(edit: Edit, request: Members) -> Members:
    """UpdateVpcLink: its name; the rest is for ever."""
    return _keep(edit, change(_find(edit, request), request))


def delete_vpc_link(edit: Edit, request: Members) -> Members:
    """DeleteVpcLink."""
    edit.remove(VpcLink, _find(edit, request).vpc_link_id)
    return {}


def _find(edit: Edit, request: Members) -> VpcLink:
    link_id = request["vpc_link_id"]
    link = edit.find(VpcLink, link_id)
    if link is None:
        raise NotFoundException(f"Invalid VpcLink identifier specified {link_id}")
    return link


def _keep(edit: Edit, link: VpcLink) -> Members:
    check_tags(link.tags)
    edit.put(link.vpc_link_id, link)
    return _show(link)


def _show(link: VpcLink) -> Members:
    return describe(link, keep=("security_group_ids", "subnet_ids"))


OPERATIONS: Final = {
    "CreateVpcLink": create_vpc_link,
    "DeleteVpcLink": delete_vpc_link,
    "GetVpcLink": get_vpc_link,
    "GetVpcLinks": get_vpc_links,
    "UpdateVpcLink": update_vpc_link,
}
