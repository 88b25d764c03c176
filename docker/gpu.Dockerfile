# As cpu.Dockerfile, for NVIDIA's GPUs; the machine needs NVIDIA's driver and its container toolkit.
#   docker build -f docker/gpu.Dockerfile -t vostut-gpu .
#   docker run --rm --gpus all --ipc host -v "$PWD:/data" vostut-gpu \
#       vostut reproduce --davis /data/DAVIS --out /data/runs/mine
# PyTorch brings CUDA 13 along; of the machine it needs a driver of version 580 or newer.
FROM python:3.11.14-bookworm AS compiled
# The dense CRF comes as C++ sources alone.
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels pydensecrf2==1.1

FROM python:3.11.14-slim-bookworm
ENV PYTHONUNBUFFERED=1 MPLBACKEND=agg NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
RUN useradd --uid 1000 --create-home reader && pip install --no-cache-dir uv==0.13.9
WORKDIR /home/reader/vostut
COPY --from=compiled /wheels /wheels
COPY constraints.txt pyproject.toml README.md ./
COPY vostut vostut
RUN uv pip install --system --no-cache --constraint constraints.txt \
    -e '.[book]' 'jupyterlab>=4' /wheels/*.whl
COPY --chown=reader . .
RUN chown reader .
USER 1000
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "--ServerApp.root_dir=book"]
