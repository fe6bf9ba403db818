// SPDX-License-Identifier: BSD-2-Clause
/*
 * The maps that a program's instructions name: held by the program, numbered for
 * the image, and in the instructions that bpf(2) shows named by their ids. The
 * digest of a program leaves such names out.
 */
#include <errno.h>
#include <linux/version.h>
#include <string.h>
#include "base/digest.h"
#include "isa/decode.h"
#include "vm/instance.h"
#include "vm/load.h"

/* As raw bytes have it: the pseudo source register and the two immediates. */
static void set_raw(u8 *insn, u8 src, u32 low, u32 high)
{
	insn[1] = (insn[1] & 0x0f) | src << 4;
	memcpy(insn + 4, &low, sizeof(low));
	memcpy(insn + 12, &high, sizeof(high));
}

void prog_digest(const struct cygnet *inst, const u8 *insns, u32 count, u8 *scratch,
		 u8 digest[SHA256_BYTES])
{
	memcpy(scratch, insns, (size_t)count * 8);
	for (u32 i = 0; i + 1 < count; i++) {
		u8 *insn = scratch + (size_t)i * 8;
		u8 src = insn[1] >> 4;

		if (insn[0] != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (src == BPF_PSEUDO_MAP_FD || src == BPF_PSEUDO_MAP_VALUE)
			set_raw(insn, src, 0, 0);
		i++;
	}
	/* The digest changed in 6.18. */
	if (inst->kernel >= KERNEL_VERSION(6, 18, 0))
		sha256(scratch, (size_t)count * 8, digest);
	else
		sha1(scratch, (size_t)count * 8, digest);
}

static int map_index(struct load *l, struct prog_object *p, struct map_object *m, u32 insn,
		     u32 *index)
{
	vec_each (&p->maps, i)
		if (p->maps.data[i] == m) {
			*index = i;
			return 0;
		}
	if (p->maps.len >= IMAGE_MAX_MAPS)
		return diag_set(&l->diag, -E2BIG, LOAD_DIAG_MAPS, insn,
				"The total number of maps per program has reached the limit of %u",
				IMAGE_MAX_MAPS);
	if (m->exclusive && memcmp(m->exclusive_to, p->digest, sizeof(p->digest)))
		return diag_set(&l->diag, -EACCES, LOAD_DIAG_EXCLUSIVE, insn,
				"program's hash doesn't match map's excl_prog_hash");
	if (vec_push(&p->maps, m))
		return -ENOMEM;
	object_get(&m->o);
	*index = p->maps.len - 1;
	return 0;
}

#define VALUE_OFFSETS (1u << 29)

int load_resolve_map(struct load *l, struct prog_object *p, struct isa_op *op, u32 i)
{
	bool is_value = op->op == ISA_OP_LDDW_MAP_VALUE || op->op == ISA_OP_LDDW_MAP_IDX_VALUE;
	bool is_index = op->op == ISA_OP_LDDW_MAP_IDX || op->op == ISA_OP_LDDW_MAP_IDX_VALUE;
	u32 index = 0, off = is_value ? isa_high(op) : 0;
	s32 fd = isa_low(op);
	struct map_object *m;
	u64 addr;
	int err;

	err = l->map(l->data, &fd, is_index, &m);
	if (err == -EFAULT)
		return err;
	if (err == -EPROTO)
		return diag_set(&l->diag, err, LOAD_DIAG_MAP, i,
				"fd_idx without fd_array is invalid");
	if (err)
		return diag_set(&l->diag, err, LOAD_DIAG_MAP, i,
				"fd %d is not pointing to valid bpf_map", fd);
	if (is_value && !m->map.ops->direct)
		return diag_set(&l->diag, -EINVAL, LOAD_DIAG_MAP_VALUE, i,
				"no direct value access support for this map type");
	if (is_value && off >= VALUE_OFFSETS)
		return diag_set(&l->diag, -EINVAL, LOAD_DIAG_MAP_VALUE, i,
				"direct value offset of %u is not allowed", off);
	err = is_value ? m->map.ops->direct(&m->map, off, &addr) : 0;
	if (err)
		return diag_set(&l->diag, err, LOAD_DIAG_MAP_VALUE, i,
				"invalid access to map value pointer, value_size=%u off=%u",
				m->attr.value_size, off);
	err = map_index(l, p, m, i, &index);
	if (err)
		return err;
	if (is_value) {
		op->op = ISA_OP_LDDW_MAP_VALUE;
		op->off = index;
		op->imm = off;
	} else {
		op->op = ISA_OP_LDDW_MAP;
		op->imm = index;
	}
	set_raw((u8 *)p->insns + (size_t)i * 8, is_value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD,
		m->o.id, off);
	return 0;
}
