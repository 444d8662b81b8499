# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# setup.sh - what ./demo and ./check have in common: is everything installed,
# can this machine's KVM be used, build. To be sourced from the project's root.
#
# Each function returns 1 after it has said what is wrong and what to do.

# A line per package: Debian's name, how to see that another system has it, and
# what to look for there. `command NAME`, `file PATH`, `header FILE`, `library PKG-CONFIG-NAME`;
# `debian -`: nothing, as it is of use with Debian's kernel only.
packages_table()
{
	cat <<-EOF
	gcc              command  gcc                 C compiler
	libc6-dev        header   stdio.h             C library's headers
	meson            command  meson               meson, 1.0 or newer
	ninja-build      command  ninja               ninja
	pkg-config       command  pkg-config          pkg-config
	libyaml-dev      library  yaml-0.1            libyaml with headers
	libjansson-dev   library  jansson             jansson with headers
	libcapstone-dev  library  capstone            capstone with headers
	libdw-dev        library  libdw               elfutils' libdw with headers
	busybox-static   command  busybox             busybox, statically linked
	cpio             command  cpio                cpio
	qemu-system-x86  command  qemu-system-x86_64  QEMU for x86-64
	bochs            command  bochs               Bochs with VMX
	bochs-term       command  bochs               Bochs's display library term
	bochsbios        file     /usr/share/bochs/BIOS-bochs-latest        Bochs's BIOS
	vgabios          file     /usr/share/vgabios/vgabios-stdvga.bin     vgabios
	grub-common      command  grub-mkrescue       grub-mkrescue
	grub-pc-bin      file     /usr/lib/grub/i386-pc/moddep.lst          GRUB for PCs with a BIOS
	xorriso          command  xorriso             xorriso
	mtools           command  mformat             mtools
	libcmocka-dev    library  cmocka              cmocka with headers
	jq               command  jq                  jq
	gnuplot-nox      command  gnuplot             gnuplot
	g++              command  g++                 C++ compiler
	spin             command  spin                spin, the model checker
	gcovr            command  gcovr               gcovr
	valgrind         command  valgrind            valgrind
	mandoc           command  mandoc              mandoc, which checks manual pages
	pandoc           command  pandoc              pandoc
	graphviz         command  dot                 graphviz
	weasyprint       command  weasyprint          weasyprint
	poppler-utils    command  pdftotext           poppler's utilities
	make             command  make                make
	patch            command  patch               patch
	xz-utils         command  xz                  xz
	cpuid            command  cpuid               cpuid
	linux-source-6.1           debian -  the source of Debian's kernel
	linux-headers-cloud-amd64  debian -  headers of the test beds' kernel
	EOF
}

packages_build='gcc libc6-dev meson ninja-build pkg-config libyaml-dev libjansson-dev libcapstone-dev
	libdw-dev'
packages_bed='busybox-static cpio'
packages_svm='qemu-system-x86'
packages_vmx='bochs bochs-term bochsbios vgabios grub-common grub-pc-bin xorriso mtools'
packages_test='libcmocka-dev jq g++ spin gcovr valgrind mandoc
	pandoc graphviz weasyprint poppler-utils gnuplot-nox
	make patch xz-utils cpuid linux-source-6.1 linux-headers-cloud-amd64'

is_debian()
{
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null
}

# Is it here? $1: a package, the rest: its line of the table.
is_installed()
{
	if is_debian; then
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
		return
	fi
	case $2 in
	command) command -v "$3" >/dev/null ;;
	file) [ -e "$3" ] ;;
	library) pkg-config --exists "$3" 2>/dev/null ;;
	header) echo "#include <$3>" | gcc -E - >/dev/null 2>&1 ;;
	debian) ;;
	esac
}

# Those of the packages $@ that are not installed.
packages_missing()
{
	packages_table | while read -r package how what _; do
		case " $* " in *" $package "*) ;; *) continue ;; esac
		is_installed "$package" "$how" "$what" || printf '%s ' "$package"
	done
}

# packages_need YES PACKAGE…: installs what is missing. Asks first, unless YES is 1.
packages_need()
{
	yes=$1
	shift
	missing=$(packages_missing "$@")
	missing=${missing% }
	if [ -z "$missing" ]; then
		echo "  all $# that are needed are installed"
		return 0
	fi
	if ! is_debian; then
		echo "  This is not Debian, so please install these yourself, then start again:"
		packages_table | while read -r package _ what name; do
			case " $missing " in *" $package "*) ;; *) continue ;; esac
			printf '    %-44s (%s; in Debian: %s)\n' "$name" "$what" "$package"
		done
		return 1
	fi

	echo "  not installed yet: $missing"
	command="apt-get install --no-install-recommends $missing"
	if [ "$(id -u)" != 0 ]; then
		echo "  You are not root, so please run this, then start again:"
		echo "    sudo $command"
		return 1
	fi
	if [ "$yes" != 1 ]; then
		if ! [ -t 0 ]; then
			echo "  Nobody is here to be asked; with -y they are installed without a question:"
			echo "    $command"
			return 1
		fi
		printf '  Install them now? [Y/n] '
		read -r answer
		case $answer in '' | [yY]*) ;; *) return 1 ;; esac
	fi
	packages_install
}

# Installs $missing, as root.
packages_install()
{
	log=$(mktemp)
	# shellcheck disable=SC2086 # a list
	if packages_known $missing && apt_install $missing >"$log" 2>&1 ||
		# Its lists are empty, or so old that what they name is gone.
		{ apt-get -q update && apt_install $missing; } >"$log" 2>&1; then
		echo "  installed"
		rm -f "$log"
		return 0
	fi
	echo "  apt-get failed:"
	tail -n 20 "$log" | sed 's/^/    /'
	rm -f "$log"
	return 1
}

apt_install()
{
	DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@"
}

# Does apt know all of them?
packages_known()
{
	for package; do
		apt-cache show "$package" >/dev/null 2>&1 || return
	done
}

# Why this machine's KVM cannot be used; nothing if it can.
kvm_trouble()
{
	if ! [ -c /dev/kvm ]; then
		echo "there is no /dev/kvm here"
	elif ! [ -r /dev/kvm ] || ! [ -w /dev/kvm ]; then
		echo "no permission to open /dev/kvm (as root: usermod -aG kvm $(id -un); then log in anew)"
	elif ! (: <>/dev/kvm) 2>/dev/null; then
		echo "/dev/kvm is there, but cannot be opened"
	fi
}

# ninja, its output in a file; on a terminal, its count of steps in one line.
build_quietly()
{
	if ! [ -t 1 ]; then
		ninja -C "$1" >"$1/ninja.log" 2>&1
		return
	fi
	{ ninja -C "$1" 2>&1; echo "exit $?"; } | awk -v log_file="$1/ninja.log" '
		/^exit [0-9]+$/ { status = $2; next }
		{ print >log_file }
		/^\[[0-9]+\/[0-9]+\] / { printf "\r  %s ", substr($1, 2, length($1) - 2); fflush() }
		END { printf "\r\033[K"; exit status }'
}

# build DIR OPTION…: configures and builds. What the tools print is shown if
# they fail; of a build that succeeds, only the warnings.
build()
{
	dir=$1
	shift
	mkdir -p "$dir"
	[ -f "$dir/build.ninja" ] && set -- --reconfigure "$@"
	if ! meson setup "$dir" "$@" >"$dir/meson.log" 2>&1; then
		echo "  meson failed:"
		tail -n 25 "$dir/meson.log" | sed 's/^/    /'
		return 1
	fi
	if ! build_quietly "$dir"; then
		echo "  the build failed:"
		# Without the steps that went well.
		grep -v -e '^ninja: Entering' -e '^\[[0-9]*/[0-9]*\] ' "$dir/ninja.log" |
			tail -n 60 | sed 's/^/    /'
		return 1
	fi
	sed -n '/warning:/s/^/  /p' "$dir/ninja.log"
}
