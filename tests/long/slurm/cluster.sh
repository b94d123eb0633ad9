#!/bin/bash
# A Slurm cluster of one node on this machine, for tests. Needs Debian's slurm-wlm and munge, and root.
#   cluster.sh check FOLDER           prints what is missing for it
#   cluster.sh start FOLDER [usual]   everything is in FOLDER; set SLURM_CONF to FOLDER/slurm.conf. With "usual" jobs
#                                     wait as long as Slurm has them by itself; without, they begin at once
#   cluster.sh queue FOLDER           a line for each task that waits or runs: name, job, task, state, reason
#   cluster.sh kill FOLDER JOB_TASK   kills a task
#   cluster.sh node FOLDER            the node stops answering and comes back
#   cluster.sh stop FOLDER
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
  local scheduler=SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,bf_interval=1
  if [ "$1" = usual ]; then scheduler=; fi
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
$scheduler
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
KillWait=2
MinJobAge=300
MaxArraySize=2
JobRequeue=1
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
NodeName=localnode NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=test Nodes=localnode Default=YES MaxTime=INFINITE State=UP
END
  slurmctld -c -f "$conf"
  start_node
  export SLURM_CONF=$conf

  for _ in $(seq 100); do
    if [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]; then return; fi
    sleep 0.2
  done
  echo "the node did not become idle; see $folder/slurmd.log" >&2
  return 1
}

# Ends the process of a pid file, and waits until it is gone.
end() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  kill "${2:-TERM}" "$pid" 2>/dev/null || return 0
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
}

case $1 in
  check)
    if [ "$(id -u)" != 0 ]; then echo root; fi
    for name in munged slurmctld slurmd sbatch; do
      if ! command -v "$name" >/dev/null; then
        echo "Debian's slurm-wlm and munge"
        break
      fi
    done
    ;;
  start) start "${3:-}" ;;
  stop)
    export SLURM_CONF=$conf
    scancel --full --user="$(id -un)" 2>/dev/null || true
    for _ in $(seq 50); do
      if [ -z "$(squeue --noheader 2>/dev/null)" ]; then break; fi
      sleep 0.2
    done
    for name in slurmd slurmctld munged; do end "$folder/$name.pid" KILL; done
    ;;
  queue) SLURM_CONF=$conf squeue --noheader --array --format='%j %F %K %T %r' ;;
  kill) SLURM_CONF=$conf scancel --signal=KILL "$3" ;;
  node)
    end "$folder/slurmd.pid" TERM
    start_node
    ;;
  *) sed -n '2,9p' "$0" >&2 && exit 2 ;;
esac
