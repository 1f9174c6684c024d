# What OpenStack stands on: MariaDB, memcached, RabbitMQ. Durability is traded for speed: the cloud does not outlive a run.
databases="keystone glance placement nova nova_api nova_cell0 neutron cinder"

base_start() {
  own mysql /run/mysqld
  [ -d /var/lib/mysql/mysql ] || mysql_install_db --user=mysql --datadir=/var/lib/mysql >"$logs/mysql-install.log" 2>&1
  daemon mariadb mysql mariadbd --bind-address=127.0.0.1 --max-connections=400 --innodb-flush-log-at-trx-commit=0 \
    --innodb-buffer-pool-size=128M --performance-schema=OFF --skip-log-bin --skip-name-resolve
  daemon memcached memcache memcached -l 127.0.0.1 -m 32
  mkdir -p /etc/rabbitmq
  printf 'NODENAME=rabbit@localhost\nNODE_IP_ADDRESS=127.0.0.1\nSERVER_ADDITIONAL_ERL_ARGS="+S 1:1 +sbwt none"\n' >/etc/rabbitmq/rabbitmq-env.conf
  daemon rabbitmq rabbitmq rabbitmq-server
  wait_port 3306 MariaDB
  local name
  for name in $databases; do
    echo "CREATE DATABASE IF NOT EXISTS $name CHARACTER SET utf8;"
    echo "GRANT ALL ON $name.* TO '${name%%_*}'@'localhost' IDENTIFIED BY '$LAB_PASSWORD';"
    echo "GRANT ALL ON $name.* TO '${name%%_*}'@'127.0.0.1' IDENTIFIED BY '$LAB_PASSWORD';"
  done | mysql
}

# RabbitMQ takes its time, so it is waited for only where it is first needed.
queue_ready() {
  local ctl='rabbitmqctl -q -n rabbit@localhost'
  export HOME=/var/lib/rabbitmq
  for _ in $(seq 1 60); do
    $ctl await_startup --timeout 60 >/dev/null 2>&1 && break
    sleep 1
  done
  $ctl list_users | grep -q '^openstack' || $ctl add_user openstack "$LAB_PASSWORD" >/dev/null
  $ctl set_permissions openstack '.*' '.*' '.*'
  export HOME=/root
}
