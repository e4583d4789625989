package dev.cryo.lower.ptx.ir;

import static dev.cryo.lower.ptx.ir.Operands.i;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.ir.Instr.AtomicOp;
import dev.cryo.lower.ptx.ir.Instr.BarrierMode;
import dev.cryo.lower.ptx.ir.Instr.ShuffleMode;
import dev.cryo.lower.ptx.ir.Instr.VoteMode;
import dev.cryo.lower.ptx.parse.Syntax;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Barriers and the operations of a warp. */
final class WarpLowering {
    private final Op op;

    private WarpLowering(Op op) {
        this.op = op;
    }

    static boolean lower(Op op) throws PtxException {
        WarpLowering lowering = new WarpLowering(op);
        switch (op.base()) {
            case "bar", "barrier" -> lowering.barrier();
            case "shfl" -> lowering.shuffle();
            case "vote" -> lowering.vote();
            case "match" -> lowering.match();
            case "activemask" -> lowering.activemask();
            case "elect" -> lowering.elect();
            case "redux" -> lowering.redux();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void barrier() throws PtxException {
        Modifiers modifiers = op.modifiers();
        if (modifiers.take("warp")) {
            modifiers.take("sync");
            op.shape(1);
            op.emit(new Instr.WarpBarrier(op.line(), op.opcode(), op.guard(), op.sourceRegister(0, PtxType.B32)));
            return;
        }
        modifiers.take("cta");
        modifiers.take("aligned");
        String action = modifiers.takeAny("sync", "arrive", "red");
        String reduction = modifiers.takeAny("popc", "and", "or");
        if (action == null || action.equals("red") != (reduction != null)) {
            throw op.unsupported();
        }
        if (reduction == null) {
            op.shape(1, 2);
            BarrierMode mode = action.equals("sync") ? BarrierMode.SYNC : BarrierMode.ARRIVE;
            op.emit(new Instr.Barrier(op.line(), op.opcode(), op.guard(), mode, op.sourceRegister(0, PtxType.U32),
                    op.count() == 2 ? op.sourceRegister(1, PtxType.U32) : null, null, null));
        } else {
            reduction(BarrierMode.valueOf(reduction.toUpperCase(Locale.ROOT)));
        }
    }

    private void reduction(BarrierMode mode) throws PtxException {
        PtxType type = op.modifiers().onlyType();
        op.shape(3, 4);
        Reg threads = op.count() == 4 ? op.sourceRegister(2, PtxType.U32) : null;
        Reg predicate = op.sourceRegister(op.count() - 1, PtxType.PRED);
        Reg destination = op.destination(0);
        if ((destination.width() == Reg.Width.PRED) != (type == PtxType.PRED) || destination.wide()) {
            throw op.invalid("register " + destination.name() + " does not fit the result");
        }
        op.emit(new Instr.Barrier(op.line(), op.opcode(), op.guard(), mode, op.sourceRegister(1, PtxType.U32), threads,
                destination, predicate));
    }

    private void shuffle() throws PtxException {
        Modifiers modifiers = op.modifiers();
        boolean sync = modifiers.take("sync");
        String mode = modifiers.takeAny("up", "down", "bfly", "idx");
        modifiers.onlyType();
        op.shape(sync ? 5 : 4);
        if (mode == null) {
            throw op.unsupported();
        }
        Reg value = op.sourceRegister(1, PtxType.B32);
        Reg lane = op.sourceRegister(2, PtxType.B32);
        Reg clamp = op.sourceRegister(3, PtxType.B32);
        Reg members = sync ? op.sourceRegister(4, PtxType.B32) : null;
        op.emit(new Instr.Shuffle(op.line(), op.opcode(), op.guard(),
                ShuffleMode.valueOf(mode.toUpperCase(Locale.ROOT)), narrow(first(), Reg.Width.B32),
                second(), value, lane, clamp, members));
    }

    private Reg first() throws PtxException {
        Syntax.Operand operand = op.operand(0) instanceof Syntax.Pair pair ? pair.first() : op.operand(0);
        Reg reg = op.scope().destination(operand, op.line());
        return reg != null ? reg : op.scope().fresh(Reg.Width.B32);
    }

    private @Nullable Reg second() throws PtxException {
        Reg reg = op.operand(0) instanceof Syntax.Pair pair ? op.scope().destination(pair.second(), op.line()) : null;
        return reg == null ? null : narrow(reg, Reg.Width.PRED);
    }

    private Reg narrow(Reg reg, Reg.Width width) throws PtxException {
        if (reg.width() != width) {
            throw op.invalid("register " + reg.name() + " does not fit the result");
        }
        return reg;
    }

    private void vote() throws PtxException {
        Modifiers modifiers = op.modifiers();
        boolean sync = modifiers.take("sync");
        String mode = modifiers.takeAny("all", "any", "uni", "ballot");
        modifiers.onlyType();
        op.shape(sync ? 3 : 2);
        if (mode == null) {
            throw op.unsupported();
        }
        Reg predicate = op.sourceRegister(1, PtxType.PRED);
        Reg members = sync ? op.sourceRegister(2, PtxType.B32) : null;
        op.emit(new Instr.Vote(op.line(), op.opcode(), op.guard(), VoteMode.valueOf(mode.toUpperCase(Locale.ROOT)),
                narrow(op.destination(0), mode.equals("ballot") ? Reg.Width.B32 : Reg.Width.PRED), predicate,
                members));
    }

    private void match() throws PtxException {
        Modifiers modifiers = op.modifiers();
        modifiers.take("sync");
        String mode = modifiers.takeAny("all", "any");
        PtxType type = modifiers.onlyType();
        op.shape(3);
        if (mode == null || type.bits() < 32) {
            throw op.unsupported();
        }
        op.emit(new Instr.Match(op.line(), op.opcode(), op.guard(), mode.equals("all"),
                narrow(first(), Reg.Width.B32), second(), op.sourceRegister(1, type),
                op.sourceRegister(2, PtxType.B32)));
    }

    private void activemask() throws PtxException {
        op.modifiers().onlyType();
        op.shape(1);
        op.emit(new Instr.Vote(op.line(), op.opcode(), op.guard(), VoteMode.BALLOT,
                narrow(op.destination(0), Reg.Width.B32), op.materialize(i(-1), PtxType.PRED), null));
    }

    private void elect() throws PtxException {
        op.modifiers().take("sync");
        op.shape(2);
        Reg elected = second();
        if (elected == null) {
            throw op.invalid("opcode " + op.opcode() + " without a predicate");
        }
        op.emit(new Instr.Elect(op.line(), op.opcode(), op.guard(), first(), elected,
                op.sourceRegister(1, PtxType.B32)));
    }

    private void redux() throws PtxException {
        Modifiers modifiers = op.modifiers();
        modifiers.take("sync");
        String name = modifiers.takeAny("add", "min", "max", "and", "or", "xor");
        PtxType type = modifiers.onlyType();
        op.shape(3);
        if (name == null || type.bits() != 32 || type.floating()) {
            throw op.unsupported();
        }
        op.emit(new Instr.Redux(op.line(), op.opcode(), op.guard(), AtomicOp.valueOf(name.toUpperCase(Locale.ROOT)),
                type.signed(), narrow(op.destination(0), Reg.Width.B32), op.sourceRegister(1, PtxType.B32),
                op.sourceRegister(2, PtxType.B32)));
    }
}
