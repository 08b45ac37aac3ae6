//! Connections of a function to the cloud.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Shared, aws, runtime};
use crate::certificate::Certificate;

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Dropping the set ends the connections.
    let mut connections = JoinSet::new();
    loop {
        if let Some(stream) = accept(&listener).await {
            connections.spawn(talk(stream, shared.clone()));
        }
    }
}

/// The same over TLS; does nothing if there is no certificate.
pub async fn serve_secure(secure: Option<(TcpListener, Arc<Certificate>)>, shared: Arc<Shared>) {
    let Some((listener, certificate)) = secure else {
        return pending().await;
    };
    let mut connections = JoinSet::new();
    loop {
        if let Some(stream) = accept(&listener).await {
            let (acceptor, shared) = (certificate.acceptor(), shared.clone());
            connections.spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    talk(stream, shared).await;
                }
            });
        }
    }
}

async fn accept(listener: &TcpListener) -> Option<TcpStream> {
    let (stream, _) = listener.accept().await.ok()?;
    // Without it small answers wait for acknowledgements.
    stream.set_nodelay(true).ok()?;
    Some(stream)
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(answer(request, &shared).await) }
    });
    // A connection that breaks is the function's to notice.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return text(StatusCode::BAD_REQUEST, "text/plain", Bytes::new()),
    };
    let answered = match head.uri.path().strip_prefix("/2018-06-01/runtime/") {
        Some(path) => runtime::answer(path, body, shared).await,
        None => aws::answer(&head, &body, shared).await,
    };
    answered.unwrap_or_else(|| {
        let target = head.headers.get("x-amz-target");
        let strange = format!("{} {} {target:?}", head.method, head.uri);
        shared.lock().strange.get_or_insert(strange);
        text(StatusCode::NOT_FOUND, "text/plain", Bytes::new())
    })
}

/// An answer with a body.
pub fn text(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    response
}
