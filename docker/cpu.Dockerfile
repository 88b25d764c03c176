# The book's notebooks and the package, without a GPU, in the versions of constraints.txt.
#   docker build --platform linux/amd64 -f docker/cpu.Dockerfile -t vostut .
#   docker run --rm -p 8888:8888 vostut
# serves JupyterLab; it prints the address to open. Any other command works as well:
#   docker run --rm -v "$PWD:/data" vostut vostut evaluate /data/results.zip --davis /data/DAVIS
FROM python:3.11.14-bookworm AS compiled
# The dense CRF comes as C++ sources alone.
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels pydensecrf2==1.1

FROM python:3.11.14-slim-bookworm
ENV PYTHONUNBUFFERED=1 MPLBACKEND=agg
RUN useradd --uid 1000 --create-home reader && pip install --no-cache-dir uv==0.13.9
WORKDIR /home/reader/vostut
COPY --from=compiled /wheels /wheels
COPY constraints.txt pyproject.toml README.md ./
COPY vostut vostut
RUN uv pip install --system --no-cache --torch-backend cpu --constraint constraints.txt \
    -e '.[book]' 'jupyterlab>=4' /wheels/*.whl
COPY --chown=reader . .
RUN chown reader .
USER 1000
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "--ServerApp.root_dir=book"]
