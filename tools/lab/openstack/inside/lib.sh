# Shared by the parts of up.sh: settings, waiting, starting daemons, and pieces of configuration that every service repeats.
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
: "${LAB_ADDRESS:=10.78.0.2}" "${LAB_PASSWORD:=secret}" "${LAB_FLOATING:=172.24.4.0/24}" "${LAB_GATEWAY:=172.24.4.1}" "${LAB_HYPERVISOR:=qemu}"
export LAB_ADDRESS LAB_PASSWORD LAB_FLOATING LAB_GATEWAY LAB_HYPERVISOR
region=RegionOne
logs=/var/log/lab
mkdir -p "$logs"

# What the outside shows as progress.
step() { echo "step: $*"; }
fail() { echo "fail: $*"; exit 1; }

wait_port() {
  for _ in $(seq 1 400); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0; sleep 0.3; done
  fail "$2 does not answer on port $1; see $logs"
}
wait_http() {
  for _ in $(seq 1 400); do
    case $(curl -s -m 60 -o /dev/null -w '%{http_code}' "$1" || true) in 2* | 3* | 401) return 0 ;; esac
    sleep 0.3
  done
  fail "$2 does not answer at $1; see $logs"
}

# daemon NAME USER COMMAND…: in a session of its own, its output in a log, its number in a file. One that runs is let be.
daemon() {
  local name=$1 user=$2 home
  shift 2
  if [ -e "/run/lab-$name.pid" ] && kill -0 "$(cat "/run/lab-$name.pid")" 2>/dev/null; then return 0; fi
  home=$(getent passwd "$user" | cut -d: -f6)
  (
    cd /
    HOME=$home setsid setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups "$@" >>"$logs/$name.log" 2>&1 </dev/null &
    echo $! >"/run/lab-$name.pid"
  )
}
# wsgi NAME USER PORT FILE [PROCESSES]: an API under uWSGI. Its own HTTP keeps no connection, so it has to say so: clients
# that reuse one would be reset.
wsgi() {
  daemon "$1" "$2" uwsgi_python3 --plugin python3 --master --lazy-apps --enable-threads --threads 8 --processes "${5:-1}" \
    --buffer-size 65535 --die-on-term --thunder-lock --socket-timeout 60 --add-header 'Connection: close' \
    --http-socket "0.0.0.0:$3" --wsgi-file "$4"
}
# as USER COMMAND…
as() {
  local user=$1
  shift
  runuser -u "$user" -- "$@"
}
# own USER DIRECTORY…
own() {
  local user=$1
  shift
  mkdir -p "$@"
  chown -R "$user:$user" "$@"
}

database() { echo "mysql+pymysql://${1%%_*}:$LAB_PASSWORD@127.0.0.1/$1"; }
queue="rabbit://openstack:$LAB_PASSWORD@127.0.0.1:5672/"
# How a service logs in at Keystone.
login() {
  cat <<E
auth_url = http://$LAB_ADDRESS:5000
auth_type = password
project_domain_name = Default
user_domain_name = Default
project_name = service
region_name = $region
username = $1
password = $LAB_PASSWORD
E
}
# How a service has its callers' tokens checked.
token_check() {
  cat <<E
[keystone_authtoken]
www_authenticate_uri = http://$LAB_ADDRESS:5000
memcached_servers = 127.0.0.1:11211
service_token_roles_required = true
$(login "$1")
E
}
locks() {
  own "$1" "/run/lock/$1"
  printf '[oslo_concurrency]\nlock_path = /run/lock/%s\n' "$1"
}

# The openstack client and SDK as the cloud's administrator.
export OS_AUTH_URL=http://$LAB_ADDRESS:5000/v3 OS_IDENTITY_API_VERSION=3 OS_REGION_NAME=$region
export OS_USERNAME=admin OS_PASSWORD=$LAB_PASSWORD OS_PROJECT_NAME=admin OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default
