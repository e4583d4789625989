package dev.cryo.lower.ptx.ir;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.ir.Instr.Guard;
import dev.cryo.lower.ptx.parse.Syntax;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns the syntax of a kernel into {@link KernelIr}. Whatever cannot be executed is refused here. */
public final class Lowering {
    /** Opcodes that exist in PTX, so that one that is not supported is told from one that does not exist. */
    private static final Set<String> KNOWN = Set.of(("abs activemask add addc alloca and applypriority atom bar barrier"
            + " bfe bfi bfind bmsk bra brev brkpt brx call clz clusterlaunchcontrol cnot copysign cos cp createpolicy"
            + " cvt cvta discard div dp2a dp4a elect ex2 exit fence fma fns getctarank griddepcontrol isspacep istypep"
            + " ld ldmatrix ldu lg2 lop3 mad mad24 madc mapa match max mbarrier membar min mma mov movmatrix mul mul24"
            + " multimem nanosleep neg not or pmevent popc prefetch prefetchu prmt rcp red redux rem ret rsqrt sad selp"
            + " set setmaxnreg setp shf shfl shl shr sin slct sqrt st stackrestore stacksave stmatrix sub subc suld suq"
            + " sured sust szext tanh tcgen05 tensormap testp tex tld4 trap txq vabsdiff vabsdiff2 vabsdiff4 vadd vadd2"
            + " vadd4 vavrg2 vavrg4 vmad vmax vmax2 vmax4 vmin vmin2 vmin4 vote vset vset2 vset4 vshl vshr vsub vsub2"
            + " vsub4 wgmma wmma xor").split(" "));

    private final Syntax.Function function;
    private final Symbols symbols = new Symbols();
    private final Operands operands;
    private final List<Instr> out = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();
    private final Map<Integer, String> pendingBranches = new HashMap<>();
    private final Layout shared = new Layout();
    private final Layout local = new Layout();
    private int dynamicAlign = 1;

    private Lowering(Syntax.Function function, Syntax.Body body) {
        this.function = function;
        this.operands = new Operands(body.registers(), symbols);
    }

    /**
     * Lowers one entry.
     *
     * @param module the variables at module scope
     */
    public static KernelIr lower(Syntax.Function function, Syntax.Body body, List<Syntax.Variable> module)
            throws PtxException {
        Lowering lowering = new Lowering(function, body);
        int parameterBytes = lowering.layOutParameters();
        refuseCalls(body);
        for (Syntax.Variable variable : module) {
            lowering.declare(variable);
        }
        for (Syntax.Variable variable : body.variables()) {
            lowering.declare(variable);
        }
        int dynamic = lowering.placeDynamicShared(module, body.variables());
        lowering.statements(body.statements());
        return new KernelIr(function.name(), function.line(), parameterBytes, lowering.out,
                lowering.operands.registers(), lowering.operands.specials(), lowering.operands.addresses(),
                lowering.shared.size(), dynamic, lowering.local.size());
    }

    /** Calls are refused first, because what prepares them would be refused less clearly. */
    private static void refuseCalls(Syntax.Body body) throws PtxException {
        for (Syntax.Statement statement : body.statements()) {
            if (statement instanceof Syntax.Instruction instruction
                    && (instruction.opcode().equals("call") || instruction.opcode().startsWith("call."))) {
                throw PtxException.unsupported(instruction.line(), "opcode " + instruction.opcode());
            }
        }
    }

    private int layOutParameters() throws PtxException {
        Layout layout = new Layout();
        for (Syntax.Variable parameter : function.parameters()) {
            symbols.put(parameter.name(), Instr.Space.PARAM, place(layout, parameter));
        }
        return layout.size();
    }

    private void declare(Syntax.Variable variable) throws PtxException {
        switch (variable.space()) {
            case ".shared" -> {
                if (variable.array() && variable.count() == 0) {
                    dynamicAlign = Math.max(dynamicAlign, Layout.align(variable));
                } else {
                    symbols.put(variable.name(), Instr.Space.SHARED, place(shared, variable));
                }
            }
            case ".local" -> symbols.put(variable.name(), Instr.Space.LOCAL, place(local, variable));
            case ".global", ".const" -> symbols.put(variable.name(), Instr.Space.GLOBAL, 0);
            case ".param" -> throw PtxException.unsupported(variable.line(), "call parameter " + variable.name());
            default -> throw PtxException.unsupported(variable.line(), "variables in space " + variable.space());
        }
    }

    private static int place(Layout layout, Syntax.Variable variable) throws PtxException {
        return layout.place(Layout.bytes(variable), Layout.align(variable), variable.line());
    }

    private int placeDynamicShared(List<Syntax.Variable> module, List<Syntax.Variable> inner) throws PtxException {
        int offset = shared.aligned(Math.max(dynamicAlign, 16));
        List<Syntax.Variable> all = new ArrayList<>(module);
        all.addAll(inner);
        for (Syntax.Variable variable : all) {
            if (variable.space().equals(".shared") && variable.array() && variable.count() == 0) {
                symbols.put(variable.name(), Instr.Space.SHARED, offset);
            }
        }
        return offset;
    }

    private void statements(List<Syntax.Statement> statements) throws PtxException {
        for (Syntax.Statement statement : statements) {
            switch (statement) {
                case Syntax.Label label -> {
                    if (labels.put(label.name(), out.size()) != null) {
                        throw PtxException.invalid(label.line(), "label " + label.name() + " stands twice");
                    }
                }
                case Syntax.Instruction instruction -> instruction(instruction);
            }
        }
        out.add(new Instr.Exit(function.line(), "ret", null));
        for (Map.Entry<Integer, String> branch : pendingBranches.entrySet()) {
            Instr.Branch unresolved = (Instr.Branch) out.get(branch.getKey());
            Integer target = labels.get(branch.getValue());
            if (target == null) {
                throw PtxException.invalid(unresolved.line(), "unknown label " + branch.getValue());
            }
            out.set(branch.getKey(), new Instr.Branch(unresolved.line(), unresolved.opcode(), unresolved.guard(),
                    target));
        }
    }

    private void instruction(Syntax.Instruction source) throws PtxException {
        Guard guard = guard(source);
        Op op = new Op(source, guard, operands, symbols, out);
        if (control(op) || ArithmeticLowering.lower(op) || FloatLowering.lower(op) || BitLowering.lower(op)
                || ConversionLowering.lower(op) || MemoryLowering.lower(op) || WarpLowering.lower(op)) {
            return;
        }
        throw KNOWN.contains(op.base()) ? op.unsupported() : op.invalid("unknown opcode " + op.opcode());
    }

    private @Nullable Guard guard(Syntax.Instruction source) throws PtxException {
        if (source.guard() == null) {
            return null;
        }
        Reg predicate = operands.find(source.guard(), source.line());
        if (predicate == null || predicate.width() != Reg.Width.PRED) {
            throw PtxException.invalid(source.line(), "unknown predicate " + source.guard());
        }
        return new Guard(predicate, source.guardNegated());
    }

    private boolean control(Op op) throws PtxException {
        switch (op.base()) {
            case "bra" -> {
                op.modifiers().take("uni");
                op.shape(1);
                if (!(op.operand(0) instanceof Syntax.Name label)) {
                    throw op.invalid("a branch without a label");
                }
                pendingBranches.put(out.size(), label.text());
                out.add(new Instr.Branch(op.line(), op.opcode(), op.guard(), -1));
            }
            case "ret", "exit" -> {
                op.modifiers().take("uni");
                op.shape(0);
                out.add(new Instr.Exit(op.line(), op.opcode(), op.guard()));
            }
            case "trap" -> {
                op.shape(0);
                out.add(new Instr.Trap(op.line(), op.opcode(), op.guard()));
            }
            case "membar", "fence", "nanosleep", "prefetch", "prefetchu", "pmevent" -> {
                // Threads of a block run in one thread of the host, and accesses of different blocks go to memory in
                // order; so there is nothing to wait for.
                return true;
            }
            default -> {
                return false;
            }
        }
        return true;
    }
}
