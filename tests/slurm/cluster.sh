#!/bin/bash
# A Slurm cluster of one node on this machine, for tests: cluster.sh start FOLDER, cluster.sh stop FOLDER, cluster.sh node FOLDER.
# Everything is in FOLDER, with FOLDER/slurm.conf to set SLURM_CONF to. Needs Debian's slurm-wlm and munge, and root.
set -euo pipefail
folder=$(realpath -m "$2")
conf=$folder/slurm.conf

# Ports that no other cluster on this machine uses.
free_port() {
  local port
  for port in $(shuf -i 20000-29999 -n 50); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port" && return; fi
  done
  return 1
}

start_node() {
  slurmd -f "$conf" -N localnode
}

start() {
  mkdir -p "$folder/state" "$folder/spool"
  chmod 755 "$folder"
  dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 status=none
  chmod 400 "$folder/munge.key"
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munge.seed" --num-threads=2
  cat >"$conf" <<END
ClusterName=ccboost
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
KillWait=2
MinJobAge=300
MaxArraySize=4
JobRequeue=1
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
NodeName=localnode NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=test Nodes=localnode Default=YES MaxTime=INFINITE State=UP
END
  slurmctld -c -f "$conf"
  start_node
  export SLURM_CONF=$conf
  local waited
  for waited in $(seq 100); do
    if [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]; then return; fi
    sleep 0.2
  done
  echo "the node did not become idle; see $folder/slurmd.log" >&2
  return 1
}

# Ends the process of a pid file, and waits until it is gone.
end() {
  local pid waited
  pid=$(cat "$1" 2>/dev/null) || return 0
  kill "${2:-TERM}" "$pid" 2>/dev/null || return 0
  for waited in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
}

case $1 in
  start) start ;;
  stop)
    SLURM_CONF=$conf scancel --full --user="$(id -un)" 2>/dev/null || true
    sleep 1
    for name in slurmd slurmctld munged; do end "$folder/$name.pid" -TERM; done
    ;;
  # The node stops answering and comes back.
  node)
    end "$folder/slurmd.pid" -TERM
    start_node
    ;;
  *) echo "cluster.sh start|stop|node FOLDER" >&2 && exit 2 ;;
esac
