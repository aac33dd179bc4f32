"""Sources of transient radio interference in records of voltage, by a network that was trained on simulated sources."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Classification, VoltageRecords, Weights

WEIGHTS = (
    "weights/interference_sources.safetensors",
    "9d606f48203b7089efbc7aee597bbf759cff43a1fdfc5f525c6b3b4ad6332ff1",
)


@tool(
    version="1.0",
    effects=("compute",),
    seconds=4.0,
    seconds_per_1000_rows=0.001,
    comparison="decision",
    weights={"weights": WEIGHTS},
    citations=(
        "Czech et al. 2018, A CNN and LSTM-based approach to classifying transient radio frequency interference, arXiv:1803.02684, 2018A&C....25...52C",
        "Czech et al. 2018, A dictionary approach to identifying transient RFI, arXiv:1711.08823, doi:10.48550/arXiv.1711.08823",
        "Sadinle et al. 2019, Least ambiguous set-valued classifiers with bounded error levels, doi:10.1080/01621459.2017.1395341",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599, doi:10.48550/arXiv.1706.04599",
    ),
    examples=(
        "Which device makes this transient radio interference?",
        "Identify the source of the RFI in these voltage records",
        "Is this interference from a fluorescent lamp, a motor or a relay?",
        "Classify the impulsive interference that our monitoring station recorded",
        "What kind of equipment on site causes these sparks in the radio band?",
        "Tell from the time series whether the noise is a power-line gap or a car's ignition",
        "Name the likely culprit of each broadband RFI event in the time-domain recordings",
        "Use the network for RFI sources on the oscilloscope captures",
        "这些瞬态射频干扰是什么设备产生的？",
        "判断电压记录中干扰的来源",
        "这个干扰来自荧光灯、电机还是继电器？",
        "给监测站录到的脉冲干扰分类",
        "台站里哪种设备在射电波段产生火花噪声？",
        "从时间序列判断噪声来自电力线放电还是汽车点火",
        "逐条指出时域记录中宽带干扰最可能的来源",
    ),
    summary_zh="由电压随时间的记录，用在模拟干扰源上训练的卷积与循环网络判断瞬态射频干扰来自八类设备中的哪一类。",
    method="Records of voltage were cut into stretches of 41 ms and given to a convolutional and recurrent network (after Czech et al. 2018) that was trained on simulated sources of transient interference, with calibrated probabilities and sets of classes that hold the true one in nine cases of ten.",
    method_zh="把电压记录切成 41 毫秒的段，交给在模拟瞬态干扰源上训练的卷积与循环网络（仿 Czech 等 2018）判断，概率经过校准，并给出以九成把握包含真实类别的类别集合。",
)
def classify_interference(
    records: VoltageRecords, weights: Weights, device: Literal["auto", "cpu", "cuda"] = "cpu"
) -> Classification:
    """Say which of eight kinds of devices the transient interference in each 41 ms of records comes from.

    The network knows simulated sources only: relay arc, switch bounce, fluorescent lamp, thyristor dimmer, commutator motor, switched supply, power-line gap and
    engine ignition.  Whatever else it is given gets one of these names too; `in_domain` may tell.

    Parameters
    ----------
    records : VoltageRecords
        Voltages of a monitoring receiver, evenly in time, a sample every 5 microseconds or more often; they are averaged to 5 microseconds.
    weights : Weights
        Of the network.
    device : {"auto", "cpu", "cuda"}
        Where it is computed.

    Returns
    -------
    Classification
        A row a stretch: ``name`` (record and first millisecond), ``class``, ``probability``, a column ``p_...`` for each class, ``class_set`` (classes that together hold
        the true one in nine cases of ten), ``in_domain``, ``start_ms``.  Ends shorter than 41 ms are left out.  ``meta["explanation"]`` says of the first six what each moment added.

    Raises
    ------
    InputError
        Where samples are further apart than 5 microseconds or uneven, or no record has 41 ms.

    References
    ----------
    The idea: Czech et al. 2018, arXiv:1803.02684.  Sets of classes: Sadinle et al. 2019, doi:10.1080/01621459.2017.1395341.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.explanations import EXPLAINED, curve_part, explanation
    from gnomon.tools.inference.hub.weights import model_told, read_tensors
    from gnomon.tools.inference.interference.record_stretches import record_stretches
    from gnomon.tools.inference.interference.simulate_sources import SOURCES, STEP_S
    from gnomon.tools.inference.interference.source_probabilities import moment_attribution, source_probabilities

    names, start, stretches = record_stretches(records)
    tensors, header = read_tensors(weights)
    where = str(choose_device(device))
    value, usual, sets = source_probabilities(tensors, header, stretches, where)
    odd = usual < FLAGGED_BELOW
    if odd.any():
        warnings.warn(
            f"{int(odd.sum())} of {len(odd)} stretches are unlike the simulated interference that the network was trained on; what it says of them should not be trusted.",
            stacklevel=1,
        )
    result = QTable(
        {
            "name": names,
            "class": np.array(SOURCES)[value.argmax(axis=1)],
            "probability": value.max(axis=1),
        }
    )
    for code, source in enumerate(SOURCES):
        result[f"p_{source}"] = value[:, code]
    result["class_set"] = np.array(["; ".join(np.array(SOURCES)[row]) for row in sets])
    result["in_domain"] = usual
    result["start_ms"] = 1e3 * start * u.ms
    result.meta["model"] = model_told(weights, header, where)
    first = np.arange(min(EXPLAINED, len(result)))
    why = moment_attribution(tensors, header, stretches[first], where)
    # 0.3 ms at a time: sums of what samples added, and the highest of their voltages.
    cells = (len(first), -1, 64)
    highest = np.abs(stretches[first]).reshape(cells).max(axis=2)
    adds = why.values["voltage"].reshape(cells).sum(axis=2)
    moments = 1e3 * STEP_S * 64 * (np.arange(highest.shape[1]) + 0.5)
    result.meta["explanation"] = explanation(
        names[first],
        ("the logit of the class that is told", "所判类别的对数几率"),
        (why.baseline, "没有电压"),
        why.method,
        [curve_part(("time [ms]", "时间 [ms]"), [1e3 * start[i] + moments for i in first], list(highest), list(adds))],
    )
    return result
