# Neutron by the Linux bridge agent: VXLAN networks of tenants, one flat outer network "public" on a veth pair, routers and
# DHCP in network namespaces.
neutron_configure() {
  cat >/etc/neutron/neutron.conf <<E
[DEFAULT]
core_plugin = ml2
service_plugins = router
auth_strategy = keystone
transport_url = $queue
bind_host = 0.0.0.0
api_workers = 1
rpc_workers = 0
rpc_state_report_workers = 0
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
interface_driver = linuxbridge
dhcp_agents_per_network = 1
global_physnet_mtu = 1500
[agent]
root_helper = sudo neutron-rootwrap /etc/neutron/rootwrap.conf
root_helper_daemon = sudo neutron-rootwrap-daemon /etc/neutron/rootwrap.conf
[experimental]
linuxbridge = true
[database]
connection = $(database neutron)
[nova]
$(login nova)
[quotas]
quota_network = 100
quota_subnet = 100
quota_port = 500
quota_router = 100
quota_floatingip = 100
quota_security_group = 100
quota_security_group_rule = 1000
$(locks neutron)
$(token_check neutron)
E
  cat >/etc/neutron/plugins/ml2/ml2_conf.ini <<E
[ml2]
type_drivers = flat,vxlan
tenant_network_types = vxlan
mechanism_drivers = linuxbridge
extension_drivers = port_security
[ml2_type_flat]
flat_networks = public
[ml2_type_vxlan]
vni_ranges = 1:1000
[securitygroup]
enable_ipset = true
E
  cat >/etc/neutron/plugins/ml2/linuxbridge_agent.ini <<E
[linux_bridge]
physical_interface_mappings = public:outer0
[vxlan]
enable_vxlan = true
local_ip = $LAB_ADDRESS
l2_population = false
[securitygroup]
enable_security_group = true
firewall_driver = iptables
E
  printf '[DEFAULT]\ninterface_driver = linuxbridge\ndhcp_driver = neutron.agent.linux.dhcp.Dnsmasq\nenable_isolated_metadata = true\n' >/etc/neutron/dhcp_agent.ini
  printf '[DEFAULT]\ninterface_driver = linuxbridge\nagent_mode = legacy\n' >/etc/neutron/l3_agent.ini
  printf '[DEFAULT]\nnova_metadata_host = %s\nmetadata_proxy_shared_secret = %s\nmetadata_workers = 1\n' "$LAB_ADDRESS" "$LAB_PASSWORD" >/etc/neutron/metadata_agent.ini
  own neutron /var/log/neutron
  ln -sf /lab/inside/ebtables /etc/alternatives/ebtables
}
neutron_files='--config-file /etc/neutron/neutron.conf'
neutron_migrate() {
  as neutron neutron-db-manage $neutron_files --config-file /etc/neutron/plugins/ml2/ml2_conf.ini upgrade head >"$logs/neutron-db.log" 2>&1
}
neutron_server() {
  daemon neutron-server neutron neutron-server $neutron_files --config-file /etc/neutron/plugins/ml2/ml2_conf.ini
}
# The outer network: one end for Neutron's bridge, the other is the gateway; what comes from outside enters by it.
neutron_outer() {
  ip link show outer0 >/dev/null 2>&1 || {
    ip link add outer0 type veth peer name outer1
    ip link set outer0 up
    ip link set outer1 up
    ip addr add "$LAB_GATEWAY/${LAB_FLOATING#*/}" dev outer1
  }
}
neutron_agents() {
  daemon neutron-bridge neutron neutron-linuxbridge-agent $neutron_files --config-file /etc/neutron/plugins/ml2/linuxbridge_agent.ini
  daemon neutron-dhcp neutron neutron-dhcp-agent $neutron_files --config-file /etc/neutron/dhcp_agent.ini
  daemon neutron-l3 neutron neutron-l3-agent $neutron_files --config-file /etc/neutron/l3_agent.ini
  daemon neutron-metadata neutron neutron-metadata-agent $neutron_files --config-file /etc/neutron/metadata_agent.ini
}
