"""Tests of tempest that fail, and why: what they want has no meaning in Kubernetes. docs/identity.md names them, too.

A class whose preparation is refused is listed by that: none of its tests can begin.
"""

_IDENTITY = "tempest.api.identity.admin.v3"

_REASONS: dict[str, tuple[str, ...]] = {
    "the catalog says what Dicot serves, and cannot be changed through the API": (
        f"setUpClass ({_IDENTITY}.test_endpoint_groups.EndPointGroupsTest)",
        f"setUpClass ({_IDENTITY}.test_endpoints.EndPointsTestJSON)",
        f"setUpClass ({_IDENTITY}.test_endpoints_negative.EndpointsNegativeTestJSON)",
        f"setUpClass ({_IDENTITY}.test_regions.RegionsTestJSON)",
        f"{_IDENTITY}.test_services.ServicesTestJSON.test_create_service_without_description",
        f"{_IDENTITY}.test_services.ServicesTestJSON.test_create_update_get_service",
        f"{_IDENTITY}.test_services.ServicesTestJSON.test_list_services",
    ),
    "domains have no drivers of their own: other directories come in through Kubernetes": (
        f"{_IDENTITY}.test_domain_configuration.DomainConfigurationTestJSON.test_create_domain_config_and_show_config_groups_and_options",
        f"{_IDENTITY}.test_domain_configuration.DomainConfigurationTestJSON.test_create_update_and_delete_domain_config",
        f"{_IDENTITY}.test_domain_configuration.DomainConfigurationTestJSON.test_create_update_and_delete_domain_config_groups_and_opts",
        f"{_IDENTITY}.test_domain_configuration.DomainConfigurationTestJSON.test_show_default_group_config_and_options",
    ),
    "OAuth 1 is not served: application credentials and trusts delegate": (
        f"{_IDENTITY}.test_oauth_consumers.OAUTHConsumersV3Test.test_create_and_show_consumer",
        f"{_IDENTITY}.test_oauth_consumers.OAUTHConsumersV3Test.test_delete_consumer",
        f"{_IDENTITY}.test_oauth_consumers.OAUTHConsumersV3Test.test_list_consumers",
        f"{_IDENTITY}.test_oauth_consumers.OAUTHConsumersV3Test.test_update_consumer",
    ),
    "policies are not kept: ClusterRoles say who may do what": (
        f"{_IDENTITY}.test_policies.PoliciesTestJSON.test_create_update_delete_policy",
        f"{_IDENTITY}.test_policies.PoliciesTestJSON.test_list_policies",
    ),
    "a namespace cannot be a domain: POST /v3/domains makes one": (
        f"{_IDENTITY}.test_projects.ProjectsTestJSON.test_create_is_domain_project",
    ),
    "Kubernetes' roles belong to the cluster, so there are no roles of a domain": (
        f"{_IDENTITY}.test_roles.RolesV3TestJSON.test_assignments_for_domain_roles",
        f"{_IDENTITY}.test_roles.RolesV3TestJSON.test_domain_roles_create_delete",
        f"{_IDENTITY}.test_roles.RolesV3TestJSON.test_implied_domain_roles",
    ),
}

FAILURES: dict[str, str] = {test: reason for reason, tests in _REASONS.items() for test in tests}
