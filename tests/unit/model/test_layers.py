"""The layer of a frame: by function, package, thread, and by where its file lies."""

import pytest

from stacklab.catalog.layers import read_layers
from stacklab.model.layers import Layer, Layers

LAYERS = read_layers()


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("run (uvicorn/server.py:67)", Layer.SERVER),
        ("<module> (gunicorn:8)", Layer.SERVER),
        ("Runner.run (asyncio/runners.py:118)", Layer.LOOP),
        ("run_until_complete (uvloop/loop.pyx:1518)", Layer.LOOP),
        ("select (selectors.py:452)", Layer.LOOP),
        ("WSGIHandler.run_application (gevent/pywsgi.py:3)", Layer.SERVER),
        ("full_dispatch (flask/app.py:917)", Layer.FRAMEWORK),
        ("full_dispatch (flask/app.py)", Layer.FRAMEWORK),
        ("render (jinja2/environment.py:1304)", Layer.TEMPLATE),
        ("execute (sqlalchemy/engine/base.py:1)", Layer.CLIENT),
        ("ClientSession._request (aiohttp/client.py:1)", Layer.CLIENT),
        ("BaseModel.model_validate (pydantic/main.py:1)", Layer.SERIALISATION),
        ("dumps (json/__init__.py:231)", Layer.SERIALISATION),
        ("payload (work.py:12)", Layer.APP),
        ("charge (./shop/orders.py:12)", Layer.APP),
        ("wait (./threading.py:12)", Layer.APP),
        ("execute (./redis.py:12)", Layer.APP),
        ("CountingWSGI.__call__ (./stacklab_host.py:12)", Layer.STACKLAB),
        ("run (threading.py:982)", Layer.STDLIB),
        ("Condition.wait (threading.py:982)", Layer.WAITING),
        ("_worker (concurrent/futures/thread.py:81)", Layer.WAITING),
        ("_run_code (<frozen runpy>:88)", Layer.STDLIB),
        ("send (blinker/base.py:2)", Layer.LIBRARY),
        ("__write (libc.so.6)", Layer.UNKNOWN),
        ("0x7eff8604524a", Layer.UNKNOWN),
        ("kernel", Layer.KERNEL),
        ("kernel, from send (./http.py)", Layer.KERNEL),
        ("thread without Python: tokio-runtime-w", Layer.SERVER),
        ("thread without Python: pool", Layer.UNKNOWN),
    ],
)
def test_a_frame_belongs_to_a_layer(name: str, layer: Layer) -> None:
    assert LAYERS.of(name) == layer


def test_another_table_adds_packages_and_decides_where_both_name_one() -> None:
    own = Layers(packages={Layer.APP: ("ourcompany", "flask")})

    both = LAYERS.and_(own)

    assert [Layer.APP, Layer.APP, Layer.SERVER] == [
        both.of(frame) for frame in ("f (ourcompany/x.py:1)", "f (flask/app.py:1)", "f (uvicorn/server.py:1)")
    ]
