# What a machine is and how it fares, as KEY=VALUE lines: POSIX sh and what any Linux or Android has, no Python needed.
# Read from stdin; $1 is a Python to look at besides those on PATH, $2 a folder for edgekit. It writes nothing and changes nothing.
# All of it is one command, so that it is read whole before anything in it could read the rest from stdin.
{
python=$1 named=$2
LC_ALL=C; export LC_ALL

# one line, without control characters, of bounded length
say() {
    value=$(printf '%s' "$2" | tr '\n\000-\037' '  ' | cut -c 1-600)
    [ -z "$value" ] || printf '%s=%s\n' "$1" "$value"
}
# the text of a kernel's file; device trees end in NUL
text() { [ -r "$1" ] && tr -d '\000' <"$1" 2>/dev/null | head -c 600; }
# the greatest of some numbers, one a line
greatest() { grep -E '^-?[0-9]+$' | sort -n | tail -n 1; }
byte() { od -An -tu1 -j "$2" -N 1 "$1" 2>/dev/null | tr -d ' '; }

echo 'edgekit-probe 1'
say kernel "$(uname -sr)"
say machine "$(uname -m)"
say os "$( (. /etc/os-release && printf '%s' "$PRETTY_NAME") 2>/dev/null)"
command -v getprop >/dev/null 2>&1 && say android "$(getprop ro.build.version.sdk)"
say time "$(date +%s)"

# what programs here are made for, which on a 64-bit kernel may be 32 bits: from the header of the shell itself
shell=$(command -v sh)
say elf_class "$(byte "$shell" 4)"
say elf_machine "$(byte "$shell" 18)"
say long_bit "$(getconf LONG_BIT 2>/dev/null)"
say libc "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
say ldd "$(ldd --version 2>&1 | head -n 2)"

say model "$(text /proc/device-tree/model || text /sys/firmware/devicetree/base/model)"
say vendor "$(text /sys/class/dmi/id/sys_vendor)"
say product "$(text /sys/class/dmi/id/product_name)"
case $(text /proc/device-tree/compatible) in *dummy-virt*) echo virtual=1 ;; esac
[ -z "$QEMU_CPU$QEMU_LD_PREFIX" ] || echo virtual=1
[ ! -e /run/edgekit-emulated ] || echo virtual=1

while IFS= read -r line; do
    value=${line#*:}; value=${value# }
    case $line in
        'CPU implementer'*) implementer=$value ;;
        'CPU part'*) echo "part=$implementer/$value" ;;
        'model name'*) echo "cpu_name=$value" ;;
        vendor_id*) echo "vendor_id=$value" ;;
        Features*|flags*) echo "features=$value" ;;
    esac
done 2>/dev/null </proc/cpuinfo | cut -c 1-4000 | sort -u
say cores "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo 2>/dev/null)"

cpufreq() { cat /sys/devices/system/cpu/cpu[0-9]*/cpufreq/"$1" 2>/dev/null; }
say governor "$(cpufreq scaling_governor | sort -u | tr '\n' '+' | sed 's/+$//')"
say clock_khz "$(cpufreq scaling_cur_freq | greatest)"
say clock_limit_khz "$(cpufreq scaling_max_freq | greatest)"
say clock_max_khz "$(cpufreq cpuinfo_max_freq | greatest)"
say temperature_millic "$(cat /sys/class/thermal/thermal_zone*/temp 2>/dev/null | greatest)"

# a Raspberry Pi's bits: now in 0 to 3, since it was started in 16 to 19
if command -v vcgencmd >/dev/null 2>&1; then
    answer=$(vcgencmd get_throttled 2>&1)
    case $answer in throttled=*) say throttled "${answer#throttled=}" ;; *) say throttled_refused "$answer" ;; esac
fi
say throttled_sysfs "$(text /sys/devices/platform/soc/soc:firmware/get_throttled)"
for sensor in /sys/class/hwmon/hwmon*; do
    [ "$(text "$sensor/name")" != rpi_volt ] || say under_voltage_alarm "$(text "$sensor/in0_lcrit_alarm")"
done

while read -r key value unit; do
    case $key in
        MemTotal:) say ram_kb "$value" ;;
        MemAvailable:) say ram_available_kb "$value" ;;
        SwapTotal:) say swap_kb "$value" ;;
        SwapFree:) say swap_free_kb "$value" ;;
    esac
done 2>/dev/null </proc/meminfo
read -r load rest 2>/dev/null </proc/loadavg && say load "$load"

# edgekit's folder, by the rule of `Transport.home`, and the room there
home=${named:-$EDGEKIT_DEVICE_HOME}
if [ -z "$home" ] && [ -n "$HOME" ] && [ "$HOME" != / ] && [ -w "$HOME" ]; then home=$HOME/.cache/edgekit/device; fi
if [ -z "$home" ] && [ -d /data/local/tmp ]; then home=/data/local/tmp/edgekit; fi
# else there is none that could be used
nowhere=
if [ -z "$home" ]; then nowhere=1 home=$HOME/.cache/edgekit/device; fi
say home "$home"
say user_home "$HOME"
[ -n "$HOME" ] && [ -d "$HOME" ] || echo user_home_absent=1
if [ -n "$named" ] && [ -d "$named" ] && [ ! -e "$named/lock" ]; then
    for entry in "$named"/* "$named"/.[!.]*; do
        case ${entry##*/} in '*'|'.[!.]*'|lost+found) ;; *) say home_holds "${entry##*/}"; break ;; esac
    done
fi
folder=$home
while [ ! -d "$folder" ] && [ "$folder" != "${folder%/*}" ]; do folder=${folder%/*}; done
folder=${folder:-/}
[ -z "$nowhere" ] && [ -w "$folder" ] && say home_writable 1
df -Pk "$folder" 2>/dev/null | tail -n 1 | while read -r system blocks used free rest; do say disk_free_kb "$free"; done
# the mount that it lies on is the last one at the place that df names
mount=$(df -Pk "$folder" 2>/dev/null | tail -n 1 | sed 's/^.*[0-9]%  *//')
options=
while read -r system point kind flags rest; do
    [ "$point" = "$mount" ] && options=$flags
done 2>/dev/null </proc/mounts
say mount_options "$options"
for runtime in "$home"/runtimes/*/runtime.json; do
    [ -e "$runtime" ] && runtime=${runtime%/runtime.json} && say runtime "${runtime##*/}"
done

for name in "$python" python3 python3.8 python3.9 python3.10 python3.11 python3.12 python3.13 python3.14; do
    [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 || continue
    code='import struct, sys; print("%d.%d.%d %d" % (sys.version_info[:3] + (struct.calcsize("P") * 8,)))'
    say python "$name $("$name" -c "$code" 2>&1 </dev/null | head -n 1)"
done
echo 'edgekit-probe end'
exit 0
} </dev/null
