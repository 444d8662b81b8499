# SPDX-License-Identifier: Apache-2.0
#
# report.awk - the log of bench/linux/inside: samples as CSV into the file `samples`; on
# stdout a table per activity, reasons by frequency. An activity's own costs, those of
# reading the counts, are measured by the one called "nothing" and taken off.

function sample()
{
	if (at == "")
		return
	if (first == "") {
		first = at
		print "seconds,all,io,paging,msr,hlt,cpuid" >samples
	}
	printf "%.2f,%d,%d,%d,%d,%d,%d\n", at - first, total, io, paging, msr, hlt, cpuid >samples
}

$1 == "at" { sample(); at = $2; total = io = paging = msr = hlt = cpuid = 0; next }
$1 == "exits" && !guest {
	total += $4
	if ($3 ~ /^IO/) io += $4
	else if ($3 ~ /^(NPF|EPT_)/ || $3 == "EXCP_PF" || $3 == "EXCEPTION_NMI") paging += $4
	else if ($3 ~ /MSR/) msr += $4
	else if ($3 == "HLT") hlt += $4
	else if ($3 == "CPUID") cpuid += $4
	next
}
/^the guest.s console/ { sample(); guest = 1; next }
/^the end$/ { exit }
/phases begin/ { listing = 1; next }
/phases end/ { listing = 0; next }
!listing { next }
$1 == "phase" { phase = $2; names[++phases] = phase; took[phase] = $4 - $3; next }
$1 == "before" || $1 == "after" { side = $1; next }
$1 == "reason" { next }
$1 == "all" { count[phase, side, "all"] = $2; cycles[phase, side, "all"] = $3; next }
{
	if (!($2 in known)) {
		known[$2] = 1
		reasons[++reason_count] = $2
		text = ""
		for (i = 5; i <= NF; i++)
			text = text " " $i
		texts[$2] = text
	}
	count[phase, side, $2] = $3
	cycles[phase, side, $2] = $4
}

function delta(phase, reason,  n)
{
	n = count[phase, "after", reason] - count[phase, "before", reason]
	if (phase != "boot" && phase != "nothing")
		n -= count["nothing", "after", reason] - count["nothing", "before", reason]
	return n
}

END {
	for (p = 1; p <= phases; p++) {
		name = names[p]
		printf "%s%s: %d exits in %.2f s\n", (p > 1 ? "\n" : ""), name, delta(name, "all"), took[name]
		left = reason_count
		delete done
		while (left-- > 0) {
			best = ""
			for (i = 1; i <= reason_count; i++)
				if (!done[reasons[i]] && (best == "" || delta(name, reasons[i]) > delta(name, best)))
					best = reasons[i]
			done[best] = 1
			if (delta(name, best) > 0)
				printf "  %-20s %9d  %5.1f %% %s\n", best, delta(name, best),
					100 * delta(name, best) / delta(name, "all"), texts[best]
		}
	}
}
