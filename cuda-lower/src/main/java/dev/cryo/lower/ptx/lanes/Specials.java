package dev.cryo.lower.ptx.lanes;

import dev.cryo.lower.ptx.Dim3;
import dev.cryo.lower.ptx.ir.SpecialReg;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sets the special registers that a kernel reads, and the addresses of its module's variables. */
final class Specials {
    private final Map<SpecialReg, Place> places;
    private final Map<String, Place> symbols;
    private final @Nullable Place blockX;
    private final @Nullable Place blockY;
    private final @Nullable Place blockZ;

    Specials(Map<SpecialReg, Place> places, Map<String, Place> symbols) {
        this.places = places;
        this.symbols = symbols;
        this.blockX = places.get(SpecialReg.CTAID_X);
        this.blockY = places.get(SpecialReg.CTAID_Y);
        this.blockZ = places.get(SpecialReg.CTAID_Z);
    }

    /** Sets what is the same for all lanes and does not change from block to block. */
    void fill(Frame frame, LaunchShape shape, Map<String, Long> variables) {
        symbols.forEach((name, place) -> {
            Long address = variables.get(name);
            if (address == null) {
                throw new IllegalStateException("variable " + name + " has no address");
            }
            frame.uniformLongs[place.index()] = address;
        });
        places.forEach((special, place) -> {
            if (place.uniform() && place.wide()) {
                frame.uniformLongs[place.index()] = shape.gridId();
            } else if (place.uniform()) {
                frame.uniformInts[place.index()] = ofLaunch(special, shape);
            }
        });
    }

    /** Sets what differs between lanes; it stays for as long as the extents of the block do. */
    void fillLanes(Frame frame) {
        places.forEach((special, place) -> {
            if (!place.uniform()) {
                int[] row = frame.ints[place.index()];
                for (int lane = 0; lane < row.length; lane++) {
                    row[lane] = ofLane(special, frame.extents(), lane);
                }
            }
        });
    }

    private static int ofLane(SpecialReg special, Dim3 extents, int lane) {
        Dim3 thread = extents.at(lane);
        int inWarp = lane & 31;
        return switch (special) {
            case TID_X -> thread.x();
            case TID_Y -> thread.y();
            case TID_Z -> thread.z();
            case LANEID -> inWarp;
            case WARPID -> lane >> 5;
            case LANEMASK_EQ -> 1 << inWarp;
            case LANEMASK_LT -> (1 << inWarp) - 1;
            case LANEMASK_LE -> (2 << inWarp) - 1;
            case LANEMASK_GT -> -(2 << inWarp);
            case LANEMASK_GE -> -(1 << inWarp);
            default -> throw new IllegalStateException(special + " is the same for all lanes");
        };
    }

    /** Sets what depends on the block. */
    void fill(Frame frame, Dim3 block) {
        set(frame, blockX, block.x());
        set(frame, blockY, block.y());
        set(frame, blockZ, block.z());
    }

    private static void set(Frame frame, @Nullable Place place, int value) {
        if (place != null) {
            frame.uniformInts[place.index()] = value;
        }
    }

    private static int ofLaunch(SpecialReg special, LaunchShape shape) {
        return switch (special) {
            case NTID_X -> shape.block().x();
            case NTID_Y -> shape.block().y();
            case NTID_Z -> shape.block().z();
            case NCTAID_X -> shape.grid().x();
            case NCTAID_Y -> shape.grid().y();
            case NCTAID_Z -> shape.grid().z();
            case NWARPID -> (int) ((shape.block().count() + 31) / 32);
            case CTAID_X, CTAID_Y, CTAID_Z, SMID -> 0;
            case NSMID -> 1;
            case DYNAMIC_SMEM_SIZE -> shape.dynamicSharedBytes();
            case TOTAL_SMEM_SIZE -> shape.sharedBytes();
            default -> throw new IllegalStateException(special + " differs between lanes");
        };
    }
}
