# What a command may do besides reading and writing files, of the launcher and of the portable file: sets net and
# others, and is_shown where a page is asked for.

# Permissions that the line gives, before the command.
net=
others=
while :; do
  case ${1:-} in
    --allow-net=*) net=${net:+$net,}${1#--allow-net=} ;;
    --allow-*) others="$others $1" ;;
    *) break ;;
  esac
  shift
done

# Slurm's commands, and the numbers that schedulers give their tasks.
command=${1:-}
[ "$command" != cluster ] || command=${2:-}
case $command in
  submit | status | cancel) others="$others --allow-run=sbatch,squeue,sacct,scancel,scontrol,sinfo" ;;
  work)
    others="$others --allow-env=SLURM_ARRAY_JOB_ID,SLURM_ARRAY_TASK_ID,SLURM_JOB_ID,JOB_COMPLETION_INDEX,\
AWS_BATCH_JOB_ARRAY_INDEX"
    ;;
esac

# The network: to listen where a page is asked for, and hosts that the line names.
host=127.0.0.1
is_shown=
s3=
google=
[ "$command" != label ] || is_shown=yes
before=
for argument; do
  case $before in
    --host) host=$argument ;;
    --viewer) argument= ;;
  esac
  case $argument in
    serve | --serve) is_shown=yes ;;
    --host=*) host=${argument#--host=} ;;
    http://* | https://* | *=http://* | *=https://*)
      site=${argument#*://}
      net=${net:+$net,}${site%%/*}
      ;;
    s3://* | *=s3://*) s3=yes ;;
    gs://* | *=gs://*) google=yes ;;
  esac
  before=$argument
done

# Buckets: their server, and what tells who asks (docs/formats.md, object stores).
if [ -n "$s3" ]; then
  site=${AWS_ENDPOINT_URL_S3:-${AWS_ENDPOINT_URL:-}}
  site=${site#*://}
  net=${net:+$net,}${site:+${site%%/*},}*.amazonaws.com
  others="$others --allow-env=AWS_*"
fi
if [ -n "$google" ]; then
  site=${STORAGE_EMULATOR_HOST:-storage.googleapis.com}
  site=${site#*://}
  net=${net:+$net,}${site%%/*}
  others="$others --allow-env=GOOGLE_OAUTH_ACCESS_TOKEN,STORAGE_EMULATOR_HOST"
fi
[ -z "$s3$google" ] || others="$others --allow-env=HOME,XDG_CACHE_HOME,CCBOOST_CACHE,CCBOOST_CACHE_MIB"
[ -z "$is_shown" ] || net=${net:+$net,}$host
