# Nova on libvirt: QEMU, which emulates the processor and so needs nothing of the computer; KVM; or a fake that only says so.
nova_configure() {
  cat >/etc/nova/nova.conf <<E
[DEFAULT]
my_ip = $LAB_ADDRESS
state_path = /var/lib/nova
instances_path = /var/lib/nova/instances
transport_url = $queue
log_dir = /var/log/nova
enabled_apis = osapi_compute,metadata
osapi_compute_workers = 1
metadata_workers = 1
cpu_allocation_ratio = 32.0
ram_allocation_ratio = 4.0
disk_allocation_ratio = 10.0
reserved_host_memory_mb = 512
vif_plugging_timeout = 60
vif_plugging_is_fatal = false
force_config_drive = false
shutdown_timeout = 20
[api]
auth_strategy = keystone
[api_database]
connection = $(database nova_api)
[database]
connection = $(database nova)
[conductor]
workers = 1
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 30
[filter_scheduler]
track_instance_changes = false
[cache]
enabled = true
backend = dogpile.cache.pymemcache
memcache_servers = 127.0.0.1:11211
[glance]
api_servers = http://$LAB_ADDRESS:9292
[neutron]
service_metadata_proxy = true
metadata_proxy_shared_secret = $LAB_PASSWORD
$(login neutron)
[placement]
$(login placement)
[service_user]
send_service_user_token = true
$(login nova)
[cinder]
os_region_name = $region
[vnc]
enabled = false
[quota]
instances = 100
cores = 100
ram = 51200
[libvirt]
virt_type = $([ "$LAB_HYPERVISOR" = kvm ] && echo kvm || echo qemu)
cpu_mode = none
wait_soft_reboot_seconds = 20
images_type = default
[workarounds]
disable_libvirt_livesnapshot = true
$(locks nova)
$(token_check nova)
E
  local driver=libvirt.LibvirtDriver
  [ "$LAB_HYPERVISOR" != fake ] || driver=fake.MediumFakeDriver
  printf '[DEFAULT]\ncompute_driver = %s\n' "$driver" >/etc/nova/nova-compute.conf
  own nova /var/log/nova
  chgrp nova /etc/nova/nova.conf
}
nova_migrate() {
  {
    as nova nova-manage api_db sync
    as nova nova-manage cell_v2 map_cell0 --database_connection "$(database nova_cell0)"
    as nova nova-manage cell_v2 list_cells | grep -q ' cell1 ' || as nova nova-manage cell_v2 create_cell --name=cell1
    as nova nova-manage db sync
  } >"$logs/nova-db.log" 2>&1
}
nova_control() {
  daemon nova-conductor nova nova-conductor
  daemon nova-scheduler nova nova-scheduler
  daemon nova-api nova nova-api
}
libvirt_up() {
  [ "$LAB_HYPERVISOR" != fake ] || return 0
  # No control groups, namespaces or labels here: what runs in this machine ends with it.
  cat >/etc/libvirt/qemu.conf <<E
security_driver = "none"
user = "root"
group = "root"
namespaces = [ ]
cgroup_controllers = [ ]
remember_owner = 0
stdio_handler = "file"
E
  mkdir -p /run/dbus
  [ -e /run/dbus/pid ] || dbus-daemon --system --fork
  daemon virtlogd root virtlogd
  daemon libvirtd root libvirtd
  usermod -aG libvirt,kvm nova 2>/dev/null || true
}
nova_compute() {
  daemon nova-compute nova nova-compute --config-file /etc/nova/nova.conf --config-file /etc/nova/nova-compute.conf
}
# A compute host is used once it is mapped into a cell.
nova_map() {
  local host
  host=$(hostname)
  for _ in $(seq 1 60); do
    as nova nova-manage cell_v2 discover_hosts >"$logs/discover.log" 2>&1 || true
    as nova nova-manage cell_v2 list_hosts 2>/dev/null | grep -q " $host " && return 0
    sleep 1
  done
  fail "nova-compute does not come up; see $logs/nova-compute.log"
}
