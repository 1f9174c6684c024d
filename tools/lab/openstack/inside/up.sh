#!/bin/bash
# Brings OpenStack up inside: what waits for a database migration or a slow start is started first and waited for last.
# Run again it starts only what does not run.
set -euo pipefail
cd /lab/inside
for part in lib base keystone glance neutron nova cinder; do . "./$part.sh"; done
trap 'echo "fail: line $LINENO of ${BASH_SOURCE[0]##*/} failed; the logs lie in $logs and /var/log"' ERR

[ ! -e /run/lab-up ] || { step 'it is up already'; exit 0; }
mkdir -p /run/lock /run/sudo
chmod 1777 /run/lock
grep -q " $(hostname)" /etc/hosts || echo "127.0.0.1 localhost $(hostname)" >>/etc/hosts
for name in ip_forward=1 conf.all.rp_filter=0 conf.default.rp_filter=0; do sysctl -qw "net.ipv4.$name" || true; done

step 'MariaDB, memcached and RabbitMQ'
base_start
step 'Keystone'
keystone_up
python3 catalog.py
step 'databases of Glance, Placement, Nova, Neutron and Cinder'
neutron_configure
cinder_configure
neutron_migrate & neutron=$!
glance_up & glance=$!
placement_up
wait $glance
nova_configure
nova_migrate
queue_ready
step 'Nova'
wait_http "http://$LAB_ADDRESS:8778/" Placement
nova_control
libvirt_up
cinder_migrate & cinder=$!
step 'Neutron'
wait $neutron
neutron_server
neutron_outer
wait_http "http://$LAB_ADDRESS:9696/" Neutron
neutron_agents
wait_http "http://$LAB_ADDRESS:8774/" Nova
nova_compute
step 'Cinder'
wait $cinder
cinder_up
nova_map
wait_http "http://$LAB_ADDRESS:8776/" Cinder
wait_http "http://$LAB_ADDRESS:9292/versions" Glance
step 'flavors, the outer network and an image'
LAB_GUEST=/opt/guest python3 furnish.py
touch /run/lab-up
